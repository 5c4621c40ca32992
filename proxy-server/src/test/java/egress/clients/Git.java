package egress.clients;

import egress.testkit.Tool;
import java.nio.file.Path;
import java.time.Duration;

/** git as it comes, without what the machine has set for it. */
final class Git {
    private Git() {}

    /** @param home where its own settings are */
    static Tool in(Path home) {
        return Tool.require("git", "install git")
                .with("HOME", home.toString())
                .with("GIT_CONFIG_NOSYSTEM", "1")
                .with("GIT_CONFIG_GLOBAL", home.resolve(".gitconfig").toString())
                .with("GIT_TERMINAL_PROMPT", "0")
                .with("GIT_AUTHOR_NAME", "a")
                .with("GIT_AUTHOR_EMAIL", "a@tool.example")
                .with("GIT_COMMITTER_NAME", "a")
                .with("GIT_COMMITTER_EMAIL", "a@tool.example")
                .with("LC_ALL", "C")
                .within(Duration.ofSeconds(60));
    }
}

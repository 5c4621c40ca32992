package egress.server;

import egress.testkit.Tool;
import java.io.IOException;

/** A limit of the size of this process's files, by {@code prlimit}: what a full disk is to whoever writes. */
public final class FileSizeLimit implements AutoCloseable {
    private FileSizeLimit() {}

    /** From now until it is closed no file grows beyond so many bytes. */
    public static FileSizeLimit of(long bytes) throws IOException, InterruptedException {
        set(Long.toString(bytes));
        return new FileSizeLimit();
    }

    private static void set(String soft) throws IOException, InterruptedException {
        Tool.require("prlimit", "install util-linux")
                .run("--pid", Long.toString(ProcessHandle.current().pid()), "--fsize=" + soft + ":")
                .ok();
    }

    @Override
    public void close() throws IOException {
        try {
            set("unlimited");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }
}

package egress.server.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** Help by subject: each mixin of the gate is a section under its own name. */
final class HelpLayout {
    private static final int WIDTH = 120;
    private static final List<String> SECTIONS = List.of(
            "Serving",
            "Certificate authority",
            "Upstream",
            "DLP",
            "Logs",
            "Records",
            "Inspection",
            "Questions",
            "Timeouts",
            "Limits");

    private HelpLayout() {}

    static void apply(CommandLine gate) {
        gate.setUsageHelpWidth(WIDTH);
        gate.setHelpSectionKeys(List.of(
                UsageMessageSpec.SECTION_KEY_SYNOPSIS_HEADING,
                UsageMessageSpec.SECTION_KEY_SYNOPSIS,
                UsageMessageSpec.SECTION_KEY_DESCRIPTION,
                UsageMessageSpec.SECTION_KEY_COMMAND_LIST_HEADING,
                UsageMessageSpec.SECTION_KEY_COMMAND_LIST,
                UsageMessageSpec.SECTION_KEY_OPTION_LIST,
                UsageMessageSpec.SECTION_KEY_FOOTER));
        gate.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, HelpLayout::options);
    }

    /** Of a command that takes all flags of the gate: its own, and those that are most of use with it. */
    static void applyPicked(CommandLine command, List<String> flags) {
        command.setUsageHelpWidth(WIDTH);
        command.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, help -> {
            CommandSpec spec = help.commandSpec();
            return render(help, flags.stream().map(spec::findOption).toList());
        });
    }

    private static String options(Help help) {
        CommandSpec spec = help.commandSpec();
        StringBuilder text = new StringBuilder();
        Map<String, CommandSpec> mixins = new TreeMap<>(spec.mixins());
        for (String section : SECTIONS) {
            CommandSpec mixin = mixins.get(section);
            if (mixin != null) {
                List<OptionSpec> options = mixin.options().stream()
                        .map(option -> spec.findOption(option.longestName()))
                        .toList();
                text.append('\n').append(section).append(":\n").append(render(help, options));
            }
        }
        List<OptionSpec> own = new ArrayList<>(spec.options());
        mixins.values()
                .forEach(mixin -> mixin.options()
                        .forEach(option -> own.removeIf(one -> one.longestName().equals(option.longestName()))));
        return text.append("\nAbout:\n").append(render(help, own)).toString();
    }

    private static String render(Help help, List<OptionSpec> options) {
        Help.Layout layout = help.createDefaultLayout();
        layout.addOptions(options, help.parameterLabelRenderer());
        return layout.toString();
    }
}

package egress.abuse;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Runs the classes it is given in a Java of its own, names what fails, and exits with 1 if anything does. */
final class RunClass {
    private RunClass() {}

    /** @param classes names of test classes */
    public static void main(String[] classes) {
        LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request()
                .configurationParameter("junit.jupiter.extensions.autodetection.enabled", "true")
                .configurationParameter("junit.jupiter.execution.timeout.default", "30 s");
        for (String name : classes) {
            request.selectors(DiscoverySelectors.selectClass(name));
        }
        LauncherDiscoveryRequest built = request.build();
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(built, listener, new TestExecutionListener() {});
        TestExecutionSummary summary = listener.getSummary();
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        for (TestExecutionSummary.Failure failure : summary.getFailures()) {
            TestIdentifier test = failure.getTestIdentifier();
            out.println("FAILED " + test.getDisplayName().replaceFirst("^\\[\\d+] (each = )?", "") + " :: "
                    + failure.getException());
        }
        out.println("RAN " + summary.getTestsStartedCount());
        System.exit(summary.getTotalFailureCount() == 0 ? 0 : 1);
    }
}

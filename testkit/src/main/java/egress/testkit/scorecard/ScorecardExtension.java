package egress.testkit.scorecard;

import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/** Gives each class its {@link Scorecard}, and notes the tests that carry a {@link Row}. Found by JUnit in every class. */
public final class ScorecardExtension
        implements BeforeAllCallback, AfterAllCallback, AfterTestExecutionCallback, ParameterResolver {
    private static final ExtensionContext.Namespace OURS = ExtensionContext.Namespace.create(ScorecardExtension.class);

    @Override
    public void beforeAll(ExtensionContext context) {
        context.getStore(OURS)
                .put(
                        Scorecard.class,
                        new Scorecard(context.getRequiredTestClass().getName()));
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        List<Row> rows = AnnotationSupport.findRepeatableAnnotations(context.getRequiredTestMethod(), Row.class);
        String method = context.getRequiredTestMethod().getName();
        String name = context.getDisplayName();
        String title = name.startsWith(method) ? method : method + " " + name;
        rows.forEach(row -> scorecard(context)
                .note(row, title, context.getExecutionException().orElse(null)));
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        scorecard(context).write();
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Scorecard.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return scorecard(context);
    }

    private static Scorecard scorecard(ExtensionContext context) {
        return Objects.requireNonNull(context.getStore(OURS).get(Scorecard.class, Scorecard.class));
    }
}

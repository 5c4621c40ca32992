package egress.testkit.scorecard;

import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A test that tries one row of the abuse list; each of its invocations is a case of the scorecard. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@Repeatable(Row.Rows.class)
public @interface Row {
    /** The row of the list and a letter of its own: {@code 22.a}. */
    String value();

    /** Whether it is what must go through, and not what must be stopped. */
    boolean allowed() default false;

    /** The container of several. */
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.METHOD)
    @interface Rows {
        Row[] value();
    }
}

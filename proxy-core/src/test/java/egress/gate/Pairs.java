package egress.gate;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A test of all four pairs: the caller's version, and the host whose origin speaks the one or the other. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedTest(name = "{0} to {1}")
@CsvSource({"h1,h1.example", "h1,h2.example", "h2,h1.example", "h2,h2.example"})
public @interface Pairs {}

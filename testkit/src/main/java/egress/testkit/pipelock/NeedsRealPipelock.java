package egress.testkit.pipelock;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** A test, or a class of tests, that is left out where {@value RealPipelock#VARIABLE} names no pipelock. */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@EnabledIfEnvironmentVariable(named = RealPipelock.VARIABLE, matches = ".+", disabledReason = RealPipelock.MISSING)
public @interface NeedsRealPipelock {}

/** Asking an operator about what policy or DLP holds back: questions, answers, and what was granted. */
@NullMarked
package egress.server.ask;

import org.jspecify.annotations.NullMarked;

/** What is looked for: token forms, assigned secrets, known secrets, header injection. */
@NullMarked
package egress.dlp.builtin.rule;

import org.jspecify.annotations.NullMarked;

/** Fair shares of what all callers use together: who a caller is, and budgets that no caller can spend alone. Depends on the JDK only. */
@NullMarked
package egress.share;

import org.jspecify.annotations.NullMarked;

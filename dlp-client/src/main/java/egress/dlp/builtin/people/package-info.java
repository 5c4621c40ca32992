/** Tables of people: rows that name persons beside their telephone numbers or dates of birth, in whatever form tables are written. */
@NullMarked
package egress.dlp.builtin.people;

import org.jspecify.annotations.NullMarked;

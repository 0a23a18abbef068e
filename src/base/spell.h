/* spell.h - which word was meant?
 *
 * For error messages only: a guess is shown to a person and never acted on.
 */
#ifndef BASE_SPELL_H
#define BASE_SPELL_H

#include <stddef.h>

/* The word of `list` nearest to `word`, or NULL when none is near enough.
 *
 * Distance is the number of letters added, left out, changed, or swapped with
 * their neighbour (Damerau-Levenshtein, optimal string alignment); upper and
 * lower case are the same.  Near enough is 1 for words of up to 4 letters, 2
 * up to 8, else 3, provided that a letter is left in common.  A word that the
 * other begins with is near enough too, from 3 letters on.  Of equally near
 * ones the first wins.  Words of more than 64 bytes never match.  Allocates
 * nothing. */
const char *spell_nearest(const char *word, const char *const *list, size_t n);

#endif

/* jsontext.h - what arrived as bytes, as JSON.  Any thread. */
#ifndef TARGET_JSONTEXT_H
#define TARGET_JSONTEXT_H

#include <jansson.h>
#include <stddef.h>

/* A JSON string, never NULL.  Bytes that are not UTF-8 are taken as
 * Latin-1, so that every request can be shown. */
json_t *json_text(const char *bytes, size_t len);

/* A number: as an integer if it is one and is exact as such. */
json_t *json_number_of(double value);

/* How many digits (15 to 17) `value` needs to read back as itself. */
unsigned json_digits(double value);

/* Sets `key` in an object to a string; a repeated key becomes an array of
 * all its values. */
void json_add_text(json_t *object, const char *key, const char *value,
                   size_t len);

#endif

/* jsontext.c - see jsontext.h */
#include "target/jsontext.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static json_t *latin1_text(const char *bytes, size_t len)
{
    char *utf8 = xmalloc(2 * len);
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c < 0x80) {
            utf8[n++] = (char)c;
        } else {
            utf8[n++] = (char)(0xc0 | c >> 6);
            utf8[n++] = (char)(0x80 | (c & 0x3f));
        }
    }
    json_t *text = json_stringn(utf8, n);
    free(utf8);
    return text;
}

json_t *json_text(const char *bytes, size_t len)
{
    json_t *text = json_stringn(bytes, len);
    if (text == NULL)
        text = latin1_text(bytes, len);
    if (text == NULL)
        bug("json_text: no string");
    return text;
}

json_t *json_number_of(double value)
{
    if (value == trunc(value) && fabs(value) < 0x1p63)
        return json_integer((json_int_t)value);
    return json_real(value);
}

unsigned json_digits(double value)
{
    char text[32];
    unsigned digits = 15;
    while (digits < 17) {
        snprintf(text, sizeof text, "%.*g", (int)digits, value);
        if (strtod(text, NULL) == value)
            break;
        digits++;
    }
    return digits;
}

void json_add_text(json_t *object, const char *key, const char *value,
                   size_t len)
{
    json_t *name = json_text(key, strlen(key));
    json_t *text = json_text(value, len);
    key = json_string_value(name);
    json_t *present = json_object_get(object, key);
    if (json_is_array(present))
        json_array_append_new(present, text);
    else if (present != NULL)
        json_object_set_new(object, key, json_pack("[O, o]", present, text));
    else
        json_object_set_new(object, key, text);
    json_decref(name);
}

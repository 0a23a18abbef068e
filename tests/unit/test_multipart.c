/* test_multipart.c - a list of parts as a body, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/http_internal.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static void make(struct flight *f, const struct http_part *parts, size_t n)
{
    *f = (struct flight){ .call.req = { .parts = parts, .nparts = n } };
    http_multipart(f);
}

static void drop(struct flight *f)
{
    buf_free(&f->parts);
    free(f->parts_type);
}

/* "----..." of its Content-Type. */
static const char *boundary_of(const struct flight *f)
{
    static const char begin[] = "Content-Type: multipart/form-data; boundary=";
    assert_int_equal(strncmp(f->parts_type, begin, sizeof begin - 1), 0);
    return f->parts_type + sizeof begin - 1;
}

/* `want` has B where a boundary stands. */
static void expect_body(const struct flight *f, const char *want)
{
    char text[2000] = "";
    size_t len = 0;
    for (; *want != '\0'; want++)
        if (*want == 'B')
            len += (size_t)snprintf(text + len, sizeof text - len, "--%s",
                                    boundary_of(f));
        else
            text[len++] = *want;
    text[len] = '\0';
    assert_string_equal(f->parts.data, text);
    assert_int_equal(f->parts.len, len);
}

static const struct {
    struct http_part part;
    const char *lines; /* between the boundary and the data */
} parts[] = {
    { { "a", "1", 1, NULL, NULL },
      "Content-Disposition: form-data; name=\"a\"\r\n" },
    { { "", "", 0, NULL, NULL },
      "Content-Disposition: form-data; name=\"\"\r\n" },
    { { "f", "x", 1, "photo.png", NULL },
      "Content-Disposition: form-data; name=\"f\"; filename=\"photo.png\"\r\n"
      "Content-Type: application/octet-stream\r\n" },
    { { "f", "x", 1, "photo.png", "image/png" },
      "Content-Disposition: form-data; name=\"f\"; filename=\"photo.png\"\r\n"
      "Content-Type: image/png\r\n" },
    { { "f", "x", 1, NULL, "text/plain" },
      "Content-Disposition: form-data; name=\"f\"\r\n"
      "Content-Type: text/plain\r\n" },
    { { "f", "x", 1, "", NULL },
      "Content-Disposition: form-data; name=\"f\"; filename=\"\"\r\n"
      "Content-Type: application/octet-stream\r\n" },
    /* As browsers do it: only what would end the quotes or the line. */
    { { "a\"\r\nc; %41\\", "x", 1, "\xc3\xa4\"", NULL },
      "Content-Disposition: form-data; name=\"a%22%0D%0Ac; %41\\\"; "
      "filename=\"\xc3\xa4%22\"\r\n"
      "Content-Type: application/octet-stream\r\n" },
};

static void a_part_has_the_lines_it_needs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        struct flight f;
        char want[1000];
        make(&f, &parts[i].part, 1);
        snprintf(want, sizeof want, "B\r\n%s\r\n%s\r\nB--\r\n", parts[i].lines,
                 parts[i].part.data);
        expect_body(&f, want);
        drop(&f);
    }
}

static void parts_stand_in_their_order(void **state)
{
    const struct http_part list[] = { { "b", "2", 1, NULL, NULL },
                                      { "a", "1", 1, NULL, NULL },
                                      { "b", "3", 1, NULL, NULL } };
    struct flight f;
    (void)state;
    make(&f, list, 3);
    expect_body(&f, "B\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n2"
                    "\r\nB\r\nContent-Disposition: form-data; name=\"a\"\r\n"
                    "\r\n1\r\nB\r\nContent-Disposition: form-data; "
                    "name=\"b\"\r\n\r\n3\r\nB--\r\n");
    drop(&f);
}

static void any_bytes_may_be_in_a_part(void **state)
{
    char data[1000];
    struct flight f;
    (void)state;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 7);
    const struct http_part list[] = { { "f", data, sizeof data, NULL, NULL } };
    make(&f, list, 1);
    const char *at = strstr(f.parts.data, "\r\n\r\n");
    assert_non_null(at);
    assert_memory_equal(at + 4, data, sizeof data);
    assert_memory_equal(at + 4 + sizeof data, "\r\n--", 4);
    drop(&f);
}

static int same_boundary(const struct http_part *a, const struct http_part *b,
                         size_t n)
{
    struct flight f, g;
    make(&f, a, n);
    make(&g, b, n);
    int same = strcmp(boundary_of(&f), boundary_of(&g)) == 0;
    drop(&f);
    drop(&g);
    return same;
}

static void the_boundary_depends_on_the_bytes_alone(void **state)
{
    static const struct http_part list[] = { { "a", "12", 2, NULL, NULL },
                                             { "b", "3", 1, NULL, NULL } };
    static const struct http_part other[] = { { "a", "1", 1, NULL, NULL },
                                              { "b", "23", 2, NULL, NULL } };
    struct http_part again[2] = { list[0], list[1] };
    const char copy[] = "12";
    (void)state;
    again[0].data = copy; /* elsewhere, but the same */
    assert_true(same_boundary(list, again, 2));
    again[0].data = "13";
    assert_false(same_boundary(list, again, 2));
    assert_false(same_boundary(list, other, 2));
}

/* What was sent once, with its boundary, can be sent as a part. */
static void a_body_can_be_a_part_of_another(void **state)
{
    struct http_part part = { "f", "x", 1, NULL, NULL };
    struct flight f, g;
    (void)state;
    make(&f, &part, 1);
    for (int i = 0; i < 5; i++) {
        part = (struct http_part){ "f", f.parts.data, f.parts.len, NULL, NULL };
        make(&g, &part, 1);
        assert_null(strstr(f.parts.data, boundary_of(&g)));
        drop(&f);
        f = g;
    }
    drop(&f);
}

static void a_boundary_is_one_that_needs_no_quotes(void **state)
{
    struct flight f;
    (void)state;
    make(&f, &parts[0].part, 1);
    const char *b = boundary_of(&f);
    assert_true(strlen(b) <= 70); /* RFC 2046, 5.1.1 */
    assert_int_equal(strspn(b, "abcdefghijklmnopqrstuvwxyz0123456789-"),
                     strlen(b));
    drop(&f);
}

#define T(sentence, fn)                                                        \
    {                                                                          \
        sentence, fn, NULL, NULL, NULL                                         \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("a part has the lines it needs", a_part_has_the_lines_it_needs),
        T("parts stand in their order", parts_stand_in_their_order),
        T("any bytes may be in a part", any_bytes_may_be_in_a_part),
        T("the boundary depends on the bytes alone",
          the_boundary_depends_on_the_bytes_alone),
        T("a body can be a part of another", a_body_can_be_a_part_of_another),
        T("a boundary is one that needs no quotes",
          a_boundary_is_one_that_needs_no_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

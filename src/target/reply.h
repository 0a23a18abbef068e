/* reply.h - what is sent back.
 *
 * An answer is a body with its headers, and is used once: reply() takes it.
 * A kept answer is made once, at the start, and sent any number of times
 * from any thread; it is released by reply_fini().
 *
 * Every request is answered through reply(), exactly once, which is also
 * where it is counted.
 */
#ifndef TARGET_REPLY_H
#define TARGET_REPLY_H

#include <jansson.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

struct request;

struct answer {
    struct MHD_Response *response;
    uint64_t size; /* of the body */
    bool kept;
};

#define TYPE_JSON "application/json"
#define TYPE_BYTES "application/octet-stream"

/* Without a body. */
struct answer answer_empty(void);

/* `bytes` comes from the heap and is taken over. */
struct answer answer_bytes(char *bytes, size_t len, const char *type);

/* `bytes` must live until the process ends. */
struct answer answer_static(const char *bytes, size_t len, const char *type);

/* `json` is taken over; NULL (it could not be made) gives an empty object.
 * Fractions are written with 17 digits, so that they read back exactly, or
 * with as many as said. */
struct answer answer_json(json_t *json);
struct answer answer_json_digits(json_t *json, unsigned digits);

/* Adds a header line; both texts are copied. */
void answer_header(struct answer *a, const char *name, const char *value);

/* For the thread that starts and stops the server. */
struct answer answer_keep(struct answer a);
void reply_fini(void);

enum MHD_Result reply(struct request *r, unsigned status, struct answer a);

/* {"status":"error","error":"..."} */
enum MHD_Result reply_error(struct request *r, unsigned status, const char *fmt,
                            ...) __attribute__((format(printf, 3, 4)));
struct answer answer_error(const char *text);

#endif

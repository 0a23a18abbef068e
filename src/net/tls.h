/* tls.h - TLS of the native transport, by OpenSSL.
 *
 * A context holds what connections with the same options share: above all
 * the parsed CA store, which takes 25 ms to load.  A client has one for each
 * set of options; they live as long as the client.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <openssl/ssl.h>

#include "net/http_internal.h"

struct tls_context {
    struct tls_context *next;
    SSL_CTX *ctx; /* NULL: the options are not usable, see error */
    int insecure;
    char *ca, *cert, *key; /* NULL: not given */
    const char *error_class;
    char error[200];
};

/* Never NULL; the same for the same options. */
struct tls_context *tls_context_get(struct tls_context **list,
                                    const struct http_special *s);
void tls_contexts_free(struct tls_context *list);

/* A connection's state over fd, to be SSL_free()d: checks that the
 * certificate is for `name` (a host name or IP address), sends it when it is
 * a name, and goes on with `session` if there is one. */
SSL *tls_new(struct tls_context *c, int fd, const char *name,
             SSL_SESSION *session);

/* The sessions that servers hand out go to this function, with the SSL's
 * own application data; it takes the reference when it returns 1. */
void tls_on_session(struct tls_context *c,
                    int (*take)(SSL *ssl, SSL_SESSION *session));

/* The hop failed in the handshake or later; reads OpenSSL's error queue. */
void tls_fail(struct flight *f, const SSL *ssl);

#endif

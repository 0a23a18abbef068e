/* tls.c - see tls.h */
#include "net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CA_FILE "/etc/ssl/certs/ca-certificates.crt"

/* ---- contexts ---- */

static void refuse(struct tls_context *c, const char *class, const char *what,
                   const char *file)
{
    unsigned long e = ERR_peek_last_error();
    const char *reason = e ? ERR_reason_error_string(e) : NULL;
    snprintf(c->error, sizeof c->error, "%s %s cannot be used: %s", what, file,
             reason ? reason : "not readable");
    c->error_class = class;
    SSL_CTX_free(c->ctx);
    c->ctx = NULL;
    ERR_clear_error();
}

static void load_own(struct tls_context *c)
{
    if (c->cert == NULL)
        return;
    const char *key = c->key ? c->key : c->cert;
    if (SSL_CTX_use_certificate_chain_file(c->ctx, c->cert) != 1)
        refuse(c, "tls_own_certificate", "the client certificate", c->cert);
    else if (SSL_CTX_use_PrivateKey_file(c->ctx, key, SSL_FILETYPE_PEM) != 1 ||
             SSL_CTX_check_private_key(c->ctx) != 1)
        refuse(c, "tls_own_certificate", "the client key", key);
}

static void load_trusted(struct tls_context *c)
{
    const char *file = c->ca ? c->ca : CA_FILE;
    if (c->insecure || c->ctx == NULL)
        return;
    SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
    if (SSL_CTX_load_verify_file(c->ctx, file) != 1)
        refuse(c, "tls_ca_file", "the file of trusted certificates", file);
}

static void set_up(struct tls_context *c)
{
    static const unsigned char alpn[] = "\x08http/1.1";
    c->ctx = SSL_CTX_new(TLS_client_method());
    if (c->ctx == NULL)
        bug("SSL_CTX_new failed");
    SSL_CTX_set_min_proto_version(c->ctx, TLS1_2_VERSION);
    SSL_CTX_set_alpn_protos(c->ctx, alpn, sizeof alpn - 1);
    SSL_CTX_set_mode(c->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
    /* Else a write could wait for a read in the middle of an answer. */
    SSL_CTX_set_options(c->ctx, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_read_ahead(c->ctx, 1);
    SSL_CTX_set_session_cache_mode(
        c->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    load_own(c);
    load_trusted(c);
}

static int same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static char *copy(const char *s)
{
    return s ? xstrdup(s) : NULL;
}

struct tls_context *tls_context_get(struct tls_context **list,
                                    const struct http_special *s)
{
    struct tls_context *c;
    for (c = *list; c != NULL; c = c->next)
        if (c->insecure == s->insecure && same(c->ca, s->ca) &&
            same(c->cert, s->cert) && same(c->key, s->key))
            return c;
    c = xcalloc(1, sizeof *c);
    c->insecure = s->insecure;
    c->ca = copy(s->ca);
    c->cert = copy(s->cert);
    c->key = copy(s->key);
    set_up(c);
    c->next = *list;
    *list = c;
    return c;
}

void tls_contexts_free(struct tls_context *list)
{
    while (list != NULL) {
        struct tls_context *c = list;
        list = c->next;
        SSL_CTX_free(c->ctx);
        free(c->ca);
        free(c->cert);
        free(c->key);
        free(c);
    }
}

void tls_on_session(struct tls_context *c,
                    int (*take)(SSL *ssl, SSL_SESSION *session))
{
    if (c->ctx != NULL)
        SSL_CTX_sess_set_new_cb(c->ctx, take);
}

/* ---- connections ---- */

static int is_address(const char *name)
{
    unsigned char out[16];
    return inet_pton(AF_INET, name, out) == 1 ||
           inet_pton(AF_INET6, name, out) == 1;
}

SSL *tls_new(struct tls_context *c, int fd, const char *name,
             SSL_SESSION *session)
{
    SSL *ssl = SSL_new(c->ctx);
    if (ssl == NULL || SSL_set_fd(ssl, fd) != 1)
        bug("SSL_new failed");
    if (is_address(name)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name);
    } else {
        SSL_set_tlsext_host_name(ssl, name);
        SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        SSL_set1_host(ssl, name);
    }
    if (session != NULL)
        SSL_set_session(ssl, session);
    SSL_set_connect_state(ssl);
    return ssl;
}

/* ---- errors ---- */

static void fail_untrusted(struct flight *f, long verify)
{
    snprintf(f->error_text, sizeof f->error_text, "the certificate: %s",
             X509_verify_cert_error_string(verify));
    if (verify == X509_V_ERR_HOSTNAME_MISMATCH ||
        verify == X509_V_ERR_IP_ADDRESS_MISMATCH)
        http_fail(f, 1311, "tls_wrong_name", ORIGIN_SUT, f->error_text);
    else
        http_fail(f, 1310, "tls_untrusted", ORIGIN_SUT, f->error_text);
}

void tls_fail(struct flight *f, const SSL *ssl)
{
    unsigned long e = ERR_get_error();
    long verify = SSL_get_verify_result(ssl);
    const char *reason = e ? ERR_reason_error_string(e) : NULL;
    ERR_clear_error();
    if (ERR_GET_REASON(e) == SSL_R_CERTIFICATE_VERIFY_FAILED &&
        verify != X509_V_OK) {
        fail_untrusted(f, verify);
        return;
    }
    snprintf(f->error_text, sizeof f->error_text, "TLS: %s",
             reason ? reason : "the connection was closed in the handshake");
    http_fail(f, 1300, "tls", ORIGIN_SUT, f->error_text);
}

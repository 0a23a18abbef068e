/* certs.h - certificates for tests, made on the spot.
 *
 *     struct certs c;
 *     certs_open(&c);          -- an authority and a folder for files
 *     SSL_CTX *ctx = certs_server(&c, "DNS:four.test", 0, 1);
 *     certs_close(&c);
 *
 * Include cmocka.h before.
 */
#ifndef TESTS_CERTS_H
#define TESTS_CERTS_H

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct certs {
    EVP_PKEY *key; /* of all certificates, the authority's too */
    X509 *authority;
    char folder[32];
    char ca[64], cert[64], cert_key[64], other_key[64], text[64];
};

static inline void certs_extend(X509 *cert, X509 *issuer, int nid,
                                const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(e);
    X509_add_ext(cert, e, -1);
    X509_EXTENSION_free(e);
}

/* `names` as in "DNS:a,IP:127.0.0.1"; NULL for an authority.  Valid from
 * `from` days from now on, for `days`. */
static inline X509 *certs_make(const struct certs *c, const char *names,
                               int from, int days)
{
    static long serial = 1;
    X509 *cert = X509_new();
    X509 *issuer = names ? c->authority : cert;
    X509_NAME *name = X509_get_subject_name(cert);
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
    X509_gmtime_adj(X509_getm_notBefore(cert), (from * 24L - 1) * 3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), (from + days) * 24L * 3600);
    X509_NAME_add_entry_by_txt(
        name, "CN", MBSTRING_ASC,
        (const unsigned char *)(names ? "leaf" : "authority"), -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(issuer));
    X509_set_pubkey(cert, c->key);
    certs_extend(cert, issuer, NID_basic_constraints,
                 names ? "CA:FALSE" : "critical,CA:TRUE");
    if (names != NULL)
        certs_extend(cert, issuer, NID_subject_alt_name, names);
    assert_true(X509_sign(cert, c->key, EVP_sha256()) > 0);
    return cert;
}

static inline void certs_write(const char *path, const X509 *cert,
                               EVP_PKEY *key, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    if (cert != NULL)
        PEM_write_X509(file, cert);
    if (key != NULL)
        PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    if (text != NULL)
        fputs(text, file);
    fclose(file);
}

static inline void certs_open(struct certs *c)
{
    struct {
        char *path;
        const char *name;
    } files[] = { { c->ca, "ca" },
                  { c->cert, "cert" },
                  { c->cert_key, "key" },
                  { c->other_key, "other" },
                  { c->text, "text" } };
    strcpy(c->folder, "/tmp/certs-XXXXXX");
    assert_non_null(mkdtemp(c->folder));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        sprintf(files[i].path, "%s/%s", c->folder, files[i].name);
    c->key = EVP_EC_gen("P-256");
    c->authority = certs_make(c, NULL, 0, 1);
    X509 *own = certs_make(c, "DNS:client", 0, 1);
    EVP_PKEY *other = EVP_EC_gen("P-256");
    certs_write(c->ca, c->authority, NULL, NULL);
    certs_write(c->cert, own, NULL, NULL);
    certs_write(c->cert_key, NULL, c->key, NULL);
    certs_write(c->other_key, NULL, other, NULL);
    certs_write(c->text, NULL, NULL, "this is no certificate\n");
    EVP_PKEY_free(other);
    X509_free(own);
}

static inline void certs_close(struct certs *c)
{
    const char *const files[] = { c->ca, c->cert, c->cert_key, c->other_key,
                                  c->text };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlink(files[i]);
    rmdir(c->folder);
    X509_free(c->authority);
    EVP_PKEY_free(c->key);
}

/* A server with such a certificate. */
static inline SSL_CTX *certs_server(const struct certs *c, const char *names,
                                    int from, int days)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    X509 *cert = certs_make(c, names, from, days);
    assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(ctx, c->key), 1);
    SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"t", 1);
    X509_free(cert);
    return ctx;
}

#endif

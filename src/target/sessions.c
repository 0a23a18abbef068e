/* sessions.c - see sessions.h */
#include "target/sessions.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"

enum { SESSIONS_MAX = 65536 };

/* A token begins with the number of its slot, so that it is found at once,
 * and goes on with a secret. */
static struct session {
    char token[TOKEN_SIZE];
    char *user; /* NULL: free */
} table[SESSIONS_MAX];
static unsigned next_slot;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void sessions_open(const char *user, char token[TOKEN_SIZE])
{
    uint64_t secret[2];
    if (getrandom(secret, sizeof secret, 0) != (ssize_t)sizeof secret)
        bug("sessions: getrandom failed");
    char *copy = xstrdup(user);
    pthread_mutex_lock(&lock);
    unsigned slot = next_slot++ % SESSIONS_MAX;
    snprintf(token, TOKEN_SIZE, "%04x%016" PRIx64 "%016" PRIx64, slot,
             secret[0], secret[1]);
    memcpy(table[slot].token, token, TOKEN_SIZE);
    free(table[slot].user);
    table[slot].user = copy;
    pthread_mutex_unlock(&lock);
}

/* Under the lock. */
static struct session *find(const char *token)
{
    unsigned slot;
    if (sscanf(token, "%4x", &slot) != 1 || slot >= SESSIONS_MAX)
        return NULL;
    struct session *s = &table[slot];
    return s->user != NULL && strcmp(s->token, token) == 0 ? s : NULL;
}

char *sessions_user(const char *token)
{
    pthread_mutex_lock(&lock);
    struct session *s = find(token);
    char *user = s != NULL ? xstrdup(s->user) : NULL;
    pthread_mutex_unlock(&lock);
    return user;
}

void sessions_close(const char *token)
{
    pthread_mutex_lock(&lock);
    struct session *s = find(token);
    if (s != NULL) {
        free(s->user);
        s->user = NULL;
    }
    pthread_mutex_unlock(&lock);
}

void sessions_clear(void)
{
    for (unsigned i = 0; i < SESSIONS_MAX; i++) {
        free(table[i].user);
        table[i].user = NULL;
    }
    next_slot = 0;
}

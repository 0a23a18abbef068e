/* sessions.h - who is logged in.
 *
 * A table of fixed size: when it is full, the oldest session ends.  Any
 * thread may call these.
 */
#ifndef TARGET_SESSIONS_H
#define TARGET_SESSIONS_H

enum { TOKEN_SIZE = 48 };

/* Starts a session and writes its token, terminated. */
void sessions_open(const char *user, char token[TOKEN_SIZE]);

/* The user of a session, to be freed by the caller; or NULL. */
char *sessions_user(const char *token);

/* Ends one; an unknown token is no mistake. */
void sessions_close(const char *token);

/* Ends all. */
void sessions_clear(void);

#endif

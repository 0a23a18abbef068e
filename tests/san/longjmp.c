/* longjmp.c - lets ThreadSanitizer see the jumps of Lua.
 *
 * Only in builds with SAN=thread.  Debian's Lua is built with
 * _FORTIFY_SOURCE, so it yields through __longjmp_chk, which the sanitizer
 * does not intercept: its idea of the call stack would grow with every yield,
 * by gigabytes in a minute.  longjmp itself it does intercept.
 */
#include <setjmp.h>

_Noreturn void __longjmp_chk(jmp_buf env, int value);

void __longjmp_chk(jmp_buf env, int value)
{
    longjmp(env, value);
}

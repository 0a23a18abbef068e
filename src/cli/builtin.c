/* builtin.c - see builtin.h */
#include "cli/builtin.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

enum { READY_MS = 10000, STOP_TRIES = 100, STOP_STEP_US = 20000 };

static _Noreturn void become_target(int ready_fd, pid_t parent)
{
    char fd[16];
    snprintf(fd, sizeof fd, "%d", ready_fd);
    /* Ctrl-C at the terminal is for the engine, which ends the target when
     * the results are in; but it must not outlive the engine. */
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
    execl("/proc/self/exe", "stressengine", "target", "--port", "0",
          "--ready-fd", fd, (char *)NULL);
    fprintf(stderr, "stressengine: cannot start the built-in target: %s\n",
            strerror(errno));
    _exit(1);
}

static int read_port(int fd)
{
    char text[16] = "";
    size_t len = 0;
    struct pollfd p = { .fd = fd, .events = POLLIN };
    while (len + 1 < sizeof text && strchr(text, '\n') == NULL) {
        if (poll(&p, 1, READY_MS) <= 0)
            return -1;
        ssize_t n = read(fd, text + len, sizeof text - 1 - len);
        if (n <= 0)
            return -1;
        len += (size_t)n;
        text[len] = '\0';
    }
    return (int)strtol(text, NULL, 10);
}

char *builtin_start(pid_t *pid)
{
    int ends[2];
    pid_t parent = getpid();
    if (pipe(ends) != 0)
        return NULL;
    *pid = fork();
    if (*pid == 0) {
        close(ends[0]);
        become_target(ends[1], parent);
    }
    close(ends[1]);
    int port = *pid > 0 ? read_port(ends[0]) : -1;
    close(ends[0]);
    if (port > 0)
        return xasprintf("http://127.0.0.1:%d", port);
    fputs("stressengine: the built-in target did not start\n", stderr);
    if (*pid > 0)
        builtin_stop(*pid);
    return NULL;
}

void builtin_stop(pid_t pid)
{
    if (pid <= 0)
        return;
    kill(pid, SIGTERM);
    /* A suite may have stopped it; a stopped process cannot end. */
    kill(pid, SIGCONT);
    for (int i = 0; i < STOP_TRIES; i++) {
        if (waitpid(pid, NULL, WNOHANG) != 0)
            return;
        usleep(STOP_STEP_US);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

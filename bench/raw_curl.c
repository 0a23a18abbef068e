/* raw_curl.c - the floor of the libcurl transport: nothing but libcurl.
 *
 *     raw_curl URL VUS SECONDS
 *
 * libcurl's multi interface on libev, and a Lua coroutine per VU whose whole
 * script is `while true do local status = get() end`.  No timings, no
 * metrics, no checks.  Prints requests per second and CPU time per request.
 */
#include <curl/curl.h>
#include <ev.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

struct vu {
    CURL *easy;
    lua_State *co;
    struct vu *next_ready;
};

static struct ev_loop *loop;
static CURLM *multi;
static lua_State *L;
static struct vu *ready;
static int kick;
static unsigned long requests;
static double ends;
static ev_timer timer;

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static size_t on_data(char *p, size_t size, size_t n, void *arg)
{
    (void)p, (void)arg;
    return size * n;
}

static void drain(void)
{
    CURLMsg *m;
    int left;
    while ((m = curl_multi_info_read(multi, &left)) != NULL) {
        struct vu *vu;
        CURL *easy = m->easy_handle;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &vu);
        curl_multi_remove_handle(multi, easy);
        vu->next_ready = ready;
        ready = vu;
        requests++;
    }
}

static void on_io(struct ev_loop *l, ev_io *io, int revents)
{
    int running;
    (void)l;
    curl_multi_socket_action(multi, io->fd,
                             (revents & EV_READ ? CURL_CSELECT_IN : 0) |
                                 (revents & EV_WRITE ? CURL_CSELECT_OUT : 0),
                             &running);
    drain();
}

static int on_socket(CURL *e, curl_socket_t fd, int what, void *arg, void *sp)
{
    ev_io *io = sp;
    (void)e, (void)arg;
    if (what == CURL_POLL_REMOVE) {
        if (io != NULL)
            ev_io_stop(loop, io);
        free(io);
        return 0;
    }
    if (io == NULL) {
        io = calloc(1, sizeof *io);
        curl_multi_assign(multi, fd, io);
    } else {
        ev_io_stop(loop, io);
    }
    ev_io_init(io, on_io, fd,
               (what & CURL_POLL_IN ? EV_READ : 0) |
                   (what & CURL_POLL_OUT ? EV_WRITE : 0));
    ev_io_start(loop, io);
    return 0;
}

static void on_timer(struct ev_loop *l, ev_timer *t, int revents)
{
    (void)l, (void)t, (void)revents;
    kick = 1;
}

static int on_curl_timer(CURLM *m, long ms, void *arg)
{
    (void)m, (void)arg;
    ev_timer_stop(loop, &timer);
    if (ms == 0)
        kick = 1;
    else if (ms > 0) {
        ev_timer_set(&timer, (double)ms / 1e3, 0);
        ev_timer_start(loop, &timer);
    }
    return 0;
}

static int l_get(lua_State *co)
{
    struct vu *vu = *(struct vu **)lua_getextraspace(co);
    curl_multi_add_handle(multi, vu->easy);
    kick = 1;
    return lua_yield(co, 0);
}

static void resume(struct vu *vu)
{
    int n;
    long status = 0;
    curl_easy_getinfo(vu->easy, CURLINFO_RESPONSE_CODE, &status);
    lua_pushinteger(vu->co, status);
    lua_resume(vu->co, L, 1, &n);
}

static void on_prepare(struct ev_loop *l, ev_prepare *p, int revents)
{
    int running;
    (void)p, (void)revents;
    while (ready != NULL || kick) {
        while (ready != NULL) {
            struct vu *vu = ready;
            ready = vu->next_ready;
            resume(vu);
        }
        kick = 0;
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
        drain();
    }
    if (now() > ends)
        ev_break(l, EVBREAK_ALL);
}

static struct vu *new_vu(const char *url)
{
    struct vu *vu = calloc(1, sizeof *vu);
    int n;
    vu->easy = curl_easy_init();
    curl_easy_setopt(vu->easy, CURLOPT_URL, url);
    curl_easy_setopt(vu->easy, CURLOPT_PRIVATE, vu);
    curl_easy_setopt(vu->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(vu->easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(vu->easy, CURLOPT_WRITEFUNCTION, on_data);
    vu->co = lua_newthread(L);
    luaL_ref(L, LUA_REGISTRYINDEX); /* or it would be collected */
    *(struct vu **)lua_getextraspace(vu->co) = vu;
    luaL_loadstring(vu->co, "while true do local status = get() end");
    lua_resume(vu->co, L, 0, &n);
    return vu;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: raw_curl URL VUS SECONDS\n", stderr);
        return 2;
    }
    int vus = (int)strtol(argv[2], NULL, 10);
    double seconds = strtod(argv[3], NULL);
    curl_global_init(CURL_GLOBAL_ALL);
    loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
    multi = curl_multi_init();
    L = luaL_newstate();
    luaL_openlibs(L);
    lua_register(L, "get", l_get);
    ev_init(&timer, on_timer);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)vus);
    ev_prepare prepare;
    ev_prepare_init(&prepare, on_prepare);
    ev_prepare_start(loop, &prepare);
    double began = now();
    ends = began + seconds;
    for (int i = 0; i < vus; i++)
        new_vu(argv[1]);
    ev_run(loop, 0);
    struct rusage ru;
    getrusage(RUSAGE_SELF, &ru);
    double took = now() - began;
    double cpu = (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
                 (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6;
    printf("%.0f requests/s, %.2f us CPU per request\n",
           (double)requests / took, cpu / (double)requests * 1e6);
    return 0;
}

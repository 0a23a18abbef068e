/* endpoints.h - the functions behind the routes of router.c.
 *
 * Each answers one request, on whatever worker thread it came in, or
 * suspends it; see router.c for what each one does.  The _init functions
 * run before the server starts, the _fini functions after it stopped.
 */
#ifndef TARGET_ENDPOINTS_H
#define TARGET_ENDPOINTS_H

#include <microhttpd.h>
#include <stddef.h>

struct request;

/* basics.c */
void basics_init(void);
enum MHD_Result get_index(struct request *r);
enum MHD_Result get_health(struct request *r);
enum MHD_Result any_status(struct request *r);
enum MHD_Result any_redirect(struct request *r);
enum MHD_Result post_order(struct request *r);

/* content.c */
void content_init(void);
void content_fini(void);
enum MHD_Result get_bytes(struct request *r);
enum MHD_Result get_json(struct request *r);
enum MHD_Result get_gzip(struct request *r);

/* echo.c */
enum MHD_Result any_echo(struct request *r);

/* upload.c */
void upload_feed(struct request *r, const char *bytes, size_t len);
enum MHD_Result post_upload(struct request *r);

/* delay.c */
int delay_start(void);
void delay_stop(void); /* wakes whoever still waits */
void delay_reset(void);
enum MHD_Result any_delay(struct request *r);
enum MHD_Result any_delay_pattern(struct request *r);

/* login.c */
enum MHD_Result post_login(struct request *r);
enum MHD_Result get_me(struct request *r);
enum MHD_Result post_logout(struct request *r);

/* auth.c */
enum MHD_Result any_basic_auth(struct request *r);
enum MHD_Result any_bearer(struct request *r);

/* cookies.c */
enum MHD_Result get_cookies(struct request *r);
enum MHD_Result get_cookies_set(struct request *r);

/* toolbox.c */
void toolbox_init(void);
void toolbox_fini(void);
enum MHD_Result get_tools(struct request *r);
enum MHD_Result post_tools(struct request *r);
enum MHD_Result get_tools_search(struct request *r);
enum MHD_Result get_tool(struct request *r);
enum MHD_Result post_tool_invoke(struct request *r);

/* report.c */
enum MHD_Result get_metrics(struct request *r);
enum MHD_Result get_stats(struct request *r);
enum MHD_Result post_reset(struct request *r);

#endif

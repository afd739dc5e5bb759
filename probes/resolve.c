#include "probes/resolve.h"
#include <errno.h>
#include <stdlib.h>
#include "lib/clock.h"
int resolve_new(const struct resolve_conf *c, struct resolve **o){(void)c;*o=NULL;return -ENOSYS;}
void resolve_free(struct resolve **r){*r=NULL;}
int resolve_add(struct resolve *r,const char*n,size_t*i){(void)r;(void)n;(void)i;return -ENOSYS;}
int resolve_address(struct resolve *r,size_t i,uint64_t n,struct net_addr*a){(void)r;(void)i;(void)n;(void)a;return -EAGAIN;}
bool resolve_failing(const struct resolve*r,size_t i){(void)r;(void)i;return true;}
size_t resolve_polls(struct resolve*r,struct pollfd*p,size_t m){(void)r;(void)p;(void)m;return 0;}
void resolve_run(struct resolve*r,int64_t n){(void)r;(void)n;}
int64_t resolve_due(struct resolve*r){(void)r;return CLOCK_NEVER;}
void resolve_device(struct resolve*r,int i){(void)r;(void)i;}

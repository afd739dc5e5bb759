#include "lib/sys.h"
#include <string.h>
int sys_route_find(struct sys *s,const struct net_addr *d,int i,struct net_route *o){(void)s;memset(o,0,sizeof(*o));o->family=d->family;o->nhops=1;o->hops[0].index=i;return 0;}
int sys_reply_check(struct sys *s,const struct net_addr *src,const struct net_addr *d,int i){(void)s;(void)src;(void)d;(void)i;return 0;}

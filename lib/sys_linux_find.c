#include "lib/sys.h"
#include <errno.h>
#include <sys/socket.h>
#include <string.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
static int ask(const struct net_addr *dst, const struct net_addr *src, int oif, int iif, struct net_route *out){
 char buf[8192]; struct nlmsghdr *n=mnl_nlmsg_put_header(buf); struct rtmsg *r; struct nlattr *a;
 struct mnl_socket *s=mnl_socket_open(NETLINK_ROUTE); int rc; size_t al=dst->family==AF_INET?4:16;
 if(!s) return -errno;
 mnl_socket_bind(s,0,MNL_SOCKET_AUTOPID);
 n->nlmsg_type=RTM_GETROUTE; n->nlmsg_flags=NLM_F_REQUEST; n->nlmsg_seq=1;
 r=mnl_nlmsg_put_extra_header(n,sizeof(*r)); memset(r,0,sizeof(*r)); r->rtm_family=dst->family; r->rtm_dst_len=al*8;
 if(!iif) r->rtm_flags=RTM_F_FIB_MATCH;
 mnl_attr_put(n,RTA_DST,al,dst->bytes);
 if(src){ r->rtm_src_len=al*8; mnl_attr_put(n,RTA_SRC,al,src->bytes);}
 if(oif) mnl_attr_put_u32(n,RTA_OIF,oif);
 if(iif) mnl_attr_put_u32(n,RTA_IIF,iif);
 mnl_socket_sendto(s,n,n->nlmsg_len);
 rc=mnl_socket_recvfrom(s,buf,sizeof(buf)); mnl_socket_close(s);
 if(rc<0) return -errno;
 n=(void*)buf;
 if(n->nlmsg_type==NLMSG_ERROR){ struct nlmsgerr *e=mnl_nlmsg_get_payload(n); if(e->error==-EHOSTUNREACH) return -ENETUNREACH; return e->error; }
 if(out){ memset(out,0,sizeof(*out)); r=mnl_nlmsg_get_payload(n); out->family=dst->family; out->nhops=1; out->type=r->rtm_type; out->protocol=r->rtm_protocol;
  mnl_attr_for_each(a,n,sizeof(*r)) { if(mnl_attr_get_type(a)==RTA_OIF) out->hops[0].index=(int)mnl_attr_get_u32(a);
   if(mnl_attr_get_type(a)==RTA_GATEWAY){ out->hops[0].via.family=dst->family; memcpy(out->hops[0].via.bytes,mnl_attr_get_payload(a),al);} 
   if(mnl_attr_get_type(a)==RTA_TABLE) out->table=mnl_attr_get_u32(a);}
  if(r->rtm_type!=RTN_UNICAST) return -ENETUNREACH;
 }
 return 0;}
int sys_route_find(struct sys *s,const struct net_addr *d,int i,struct net_route *o){(void)s;return ask(d,0,i,0,o);}
int sys_reply_check(struct sys *s,const struct net_addr *src,const struct net_addr *d,int i){(void)s;return ask(d,src,0,i,NULL);}

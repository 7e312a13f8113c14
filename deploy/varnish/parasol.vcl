vcl 4.1;

# Varnish 6.0 or later in front of Parasol, with vmod_xkey (Debian: varnish and varnish-modules). docs/cdn.md tells how to try it.

import std;
import xkey;

backend default {
    .host = "127.0.0.1";
    .port = "8080";
    .probe = { .url = "/readyz"; .interval = 1s; .timeout = 2s; .window = 3; .threshold = 2; .initial = 2; }
}

# Who may purge: every node of Parasol.
acl purgers {
    "localhost";
}

sub vcl_recv {
    if (req.method == "PURGE") {
        if (client.ip !~ purgers) {
            return (synth(403, "Not one of the purgers"));
        }
        if (!req.http.xkey-softpurge) {
            return (synth(400, "xkey-softpurge names no key"));
        }
        # Parasol sends `*` for everything: below, each object has that key too.
        return (synth(200, xkey.softpurge(req.http.xkey-softpurge) + " objects purged"));
    }

    # What was purged is stale. It is asked for anew while Parasol answers, and given as it is while Parasol does not.
    if (std.healthy(req.backend_hint)) {
        set req.grace = 0s;
    }

    # Streams last for hours, reads that wait for half a minute.
    if (req.url ~ "^/[^?]*/stream(\?|$)") {
        return (pipe);
    }
    # Answers to a key are for whoever holds it, and the public ones are not for them.
    if (req.http.Authorization || req.http.X-API-Key || req.url ~ "[?&]wait=" ||
        (req.method != "GET" && req.method != "HEAD")) {
        return (pass);
    }
    unset req.http.Cookie;
    return (hash);
}

sub vcl_backend_response {
    if (beresp.http.Cache-Control ~ "stale-if-error=[1-9]") {
        # Kept for as long as Parasol lets it be used should it be away, and to be asked for with If-None-Match.
        set beresp.grace = std.duration(
            regsub(beresp.http.Cache-Control, "^.*stale-if-error=([0-9]+).*$", "\1s"), 0s);
        set beresp.keep = 1h;
    }
    if (beresp.http.Surrogate-Key) {
        set beresp.http.xkey = beresp.http.Surrogate-Key + " *";
    } else {
        set beresp.http.xkey = "*";
    }
}

sub vcl_deliver {
    unset resp.http.xkey;
    # After what Parasol said when it gave the answer (RFC 9211).
    if (obj.hits > 0) {
        set resp.http.Cache-Status = regsub(resp.http.Cache-Status, "(.)$", "\1, ") + "varnish; hit";
    } elsif (obj.uncacheable) {
        set resp.http.Cache-Status = regsub(resp.http.Cache-Status, "(.)$", "\1, ") + "varnish; fwd=bypass";
    } else {
        set resp.http.Cache-Status = regsub(resp.http.Cache-Status, "(.)$", "\1, ") + "varnish; fwd=miss";
    }
}

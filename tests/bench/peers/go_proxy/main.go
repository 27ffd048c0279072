// The reverse proxy of Go's standard library, for the peers bench: round robin over backends on loopback,
// keep-alive on both sides, X-Forwarded-For, no log.
//
// Use: go_proxy -port PORT [-tls-port PORT -cert FILE -key FILE] BACKEND_PORT ...
package main

import (
	"crypto/tls"
	"flag"
	"log"
	"net/http"
	"net/http/httputil"
	"strconv"
	"sync/atomic"
	"time"
)

func main() {
	port := flag.Int("port", 0, "where requests arrive")
	tlsPort := flag.Int("tls-port", 0, "where they arrive over TLS")
	certificate := flag.String("cert", "", "PEM file")
	key := flag.String("key", "", "PEM file")
	flag.Parse()

	backends := flag.Args()
	for i, backend := range backends {
		backends[i] = "127.0.0.1:" + backend
	}
	var next uint64
	proxy := &httputil.ReverseProxy{
		Director: func(request *http.Request) {
			request.URL.Scheme = "http"
			request.URL.Host = backends[(atomic.AddUint64(&next, 1)-1)%uint64(len(backends))]
		},
		Transport: &http.Transport{
			MaxIdleConnsPerHost: 1024,
			IdleConnTimeout:     time.Hour,
			DisableCompression:  true,
		},
	}

	failed := make(chan error)
	go func() { failed <- serverOn(*port, proxy).ListenAndServe() }()
	if *tlsPort != 0 {
		go func() { failed <- serverOn(*tlsPort, proxy).ListenAndServeTLS(*certificate, *key) }()
	}
	log.Fatal(<-failed)
}

func serverOn(port int, handler http.Handler) *http.Server {
	return &http.Server{
		Addr:        "127.0.0.1:" + strconv.Itoa(port),
		Handler:     handler,
		IdleTimeout: time.Hour,
		// HTTP/1.1 only, over TLS too: an empty map, unlike nil, turns HTTP/2 off.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
}

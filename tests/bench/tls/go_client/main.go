// A client of TLS for the benches: it makes connections one after the other with one request on each, and counts
// whole and resumed handshakes as its side of TLS knows them; or it opens idle connections, and keeps them.
//
// Use: go_client < PLAN > RESULT, both as JSON: the types Plan and Result of ../client.ts. With Keep it ends when
// its standard input does.
package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"sync"
	"time"
)

type plan struct {
	Port int
	// Whether connections are plain, and if not, the only version of TLS: 1.2 or 1.3.
	Plain   bool
	Version string
	// Whether each client remembers sessions. Its first connection, which gets one, is not counted.
	Resume bool
	// Clients at the same time.
	Clients int
	// How long they go on, or how many connections they make together, whichever is not 0.
	Seconds float64
	Count   int
	// Whether connections stay open, idle, after their request.
	Keep bool
	// The host that is asked for, by SNI and by the Host field, and the expected body.
	Host   string
	Answer string
}

type result struct {
	Connections int            `json:"connections"`
	Resumed     int            `json:"resumed"`
	Seconds     float64        `json:"seconds"`
	Suites      map[string]int `json:"suites"`
	// What went wrong, and how often.
	Wrong map[string]int `json:"wrong"`
}

const timeout = 10 * time.Second

type load struct {
	plan
	request []byte
	lock    sync.Mutex
	left    int
	until   time.Time
	result  result
	kept    []net.Conn
}

func main() {
	var given plan
	input := json.NewDecoder(os.Stdin)
	if err := input.Decode(&given); err != nil {
		log.Fatal("Cannot read the plan: ", err)
	}
	closing := "close"
	if given.Keep {
		closing = "keep-alive"
	}
	one := &load{plan: given, left: given.Count, result: result{Suites: map[string]int{}, Wrong: map[string]int{}}}
	one.request = []byte(fmt.Sprintf("GET /small HTTP/1.1\r\nHost: %s\r\nConnection: %s\r\n\r\n", given.Host, closing))
	begin := time.Now()
	one.until = begin.Add(time.Duration(given.Seconds * float64(time.Second)))
	var clients sync.WaitGroup
	for index := 0; index < given.Clients; index++ {
		clients.Add(1)
		go func() {
			defer clients.Done()
			one.run()
		}()
	}
	clients.Wait()
	one.result.Seconds = time.Since(begin).Seconds()
	if err := json.NewEncoder(os.Stdout).Encode(one.result); err != nil {
		log.Fatal(err)
	}
	if given.Keep {
		io.Copy(io.Discard, os.Stdin)
	}
}

func (one *load) run() {
	config := &tls.Config{
		InsecureSkipVerify: true, // the certificate is checked once, by others
		ServerName:         one.Host,
		MinVersion:         tls.VersionTLS13,
		MaxVersion:         tls.VersionTLS13,
		CurvePreferences:   []tls.CurveID{tls.X25519, tls.CurveP256}, // the second for certificates of TLS 1.2
	}
	if one.Version == "1.2" {
		config.MinVersion, config.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
		config.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
	}
	if one.Resume {
		config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		if err := one.connect(config, false); err != nil {
			one.note(err)
		}
	}
	for one.goesOn() {
		if err := one.connect(config, true); err != nil {
			one.note(err)
		}
	}
}

func (one *load) goesOn() bool {
	if one.Count == 0 {
		return time.Now().Before(one.until)
	}
	one.lock.Lock()
	defer one.lock.Unlock()
	one.left--
	return one.left >= 0
}

func (one *load) note(err error) {
	var network *net.OpError
	if errors.As(err, &network) {
		err = fmt.Errorf("%s: %w", network.Op, network.Err) // without the addresses, so that all alike count as one
	}
	one.lock.Lock()
	defer one.lock.Unlock()
	one.result.Wrong[err.Error()]++
}

func (one *load) connect(config *tls.Config, isCounted bool) error {
	connection, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", one.Port))
	if err != nil {
		return fmt.Errorf("cannot connect")
	}
	if !one.Keep {
		defer connection.Close()
	}
	connection.SetDeadline(time.Now().Add(timeout))
	var state tls.ConnectionState
	if !one.Plain {
		secure := tls.Client(connection, config)
		if err := secure.Handshake(); err != nil {
			return fmt.Errorf("handshake: %w", err)
		}
		state = secure.ConnectionState()
		connection = secure
	}
	if err := one.exchange(connection); err != nil {
		return err
	}
	one.lock.Lock()
	defer one.lock.Unlock()
	if one.Keep {
		one.kept = append(one.kept, connection)
	}
	if isCounted {
		one.result.Connections++
		if state.DidResume {
			one.result.Resumed++
		}
		if !one.Plain {
			one.result.Suites[tls.CipherSuiteName(state.CipherSuite)]++
		}
	}
	return nil
}

// exchange sends the request, and reads until the expected body has come, and the end if there is to be one.
func (one *load) exchange(connection net.Conn) error {
	if _, err := connection.Write(one.request); err != nil {
		return fmt.Errorf("cannot write")
	}
	buffer := make([]byte, 4096)
	filled := 0
	for filled < len(buffer) {
		size, err := connection.Read(buffer[filled:])
		filled += size
		isWhole := bytes.HasPrefix(buffer[:filled], []byte("HTTP/1.1 200")) &&
			bytes.HasSuffix(buffer[:filled], []byte("\r\n\r\n"+one.Answer))
		if isWhole && (one.Keep || err == io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("after %d bytes: %w", filled, err)
		}
	}
	return fmt.Errorf("a longer response")
}

// The open-loop load of the peers bench, as a process of its own: requests are due at a constant rate, and are
// sent when they are due, however many are in flight. Latency counts from when a request was due to the last
// byte of its response, so a proxy that stalls is charged for every request that was due meanwhile.
//
// What it adds itself should be small and known. So it is one thread over epoll, which allocates nothing while
// it runs and collects no garbage, and it reports how late it sent its requests.
//
// Use: go_load < PLAN > RESULT, both as JSON: the types Plan and Latency of open_loop.ts. Needs Linux 5.11.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"sort"
	"syscall"
	"time"
	"unsafe"
)

type plan struct {
	Port        int
	Connections int
	// Requests a second.
	Rate int
	// How long requests are measured, in seconds, and how long they are sent before that.
	Seconds int
	Warmup  int
	// All bytes of a request, and the body of the expected response.
	Request []byte
	Answer  []byte
	// The quantiles that are asked for, 0 to 1.
	LatencyShares []float64
	LateShares    []float64
}

// Times are in microseconds.
type result struct {
	Requests  int       `json:"requests"`
	Quantiles []float64 `json:"quantiles"`
	// How late requests were sent, counted from when they were due and a connection was free.
	Late []float64 `json:"late"`
	// What went wrong, the warm-up included.
	Wrong []string `json:"wrong"`
}

const (
	maxHeadBytes = 4096
	// How long what is due is still sent after the last request was due, and how long responses may take then.
	grace   = time.Second
	timeout = 5 * time.Second
)

type connection struct {
	file       int
	buffer     []byte
	filled     int
	due        time.Duration
	isMeasured bool
}

type load struct {
	plan
	poll        int
	connections []connection
	// Connections by the order in which they became free: all of them are used in turn.
	free []int
	// Since when there has been a free one.
	freeSince time.Duration
	total     int
	warmups   int
	sent      int
	answered  int
	latencies []time.Duration
	late      []time.Duration
	wrong     []string
}

func main() {
	var p plan
	if err := json.NewDecoder(os.Stdin).Decode(&p); err != nil {
		log.Fatalf("Cannot read the plan: %v", err)
	}
	debug.SetGCPercent(-1)
	l := newLoad(p)
	shortenTimes()
	l.run()
	found := result{
		Requests:  len(l.latencies),
		Quantiles: quantiles(l.latencies, p.LatencyShares),
		Late:      quantiles(l.late, p.LateShares),
		Wrong:     l.wrong,
	}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		log.Fatalf("Cannot write the result: %v", err)
	}
}

func newLoad(p plan) *load {
	poll, err := syscall.EpollCreate1(0)
	if err != nil {
		log.Fatalf("Cannot poll: %v", err)
	}
	total := p.Rate * (p.Warmup + p.Seconds)
	l := &load{
		plan:        p,
		poll:        poll,
		connections: make([]connection, p.Connections),
		free:        make([]int, 0, p.Connections),
		total:       total,
		warmups:     p.Rate * p.Warmup,
		latencies:   make([]time.Duration, 0, total),
		late:        make([]time.Duration, 0, total),
		wrong:       []string{},
	}
	for i := range l.connections {
		l.connections[i].buffer = make([]byte, maxHeadBytes+len(p.Answer))
		l.open(i)
	}
	return l
}

func (l *load) run() {
	begin := now()
	end := begin + l.dueAfter(l.total)
	events := make([]syscall.EpollEvent, len(l.connections))
	for t := begin; l.answered < l.total && t < end+grace+timeout; t = now() {
		wait := grace
		if t < end+grace {
			wait = l.sendDue(begin)
		} else if l.answered == l.sent {
			break
		}
		for _, event := range events[:waitFor(l.poll, events, wait)] {
			l.receive(int(event.Fd))
		}
	}
	for missing := l.sent - l.answered; missing > 0; missing-- {
		l.wrong = append(l.wrong, fmt.Sprintf("no response within %v", timeout))
	}
	// What was never sent waited until now, at least.
	for ; l.sent < l.total; l.sent++ {
		if l.sent < l.warmups {
			continue
		}
		l.latencies = append(l.latencies, now()-begin-l.dueAfter(l.sent))
	}
}

// When a request is due after the first one.
func (l *load) dueAfter(index int) time.Duration {
	return time.Duration(index) * time.Second / time.Duration(l.Rate)
}

// Sends what is due, and returns how long nothing is to be sent.
func (l *load) sendDue(begin time.Duration) time.Duration {
	for l.sent < l.total && len(l.free) > 0 {
		due := begin + l.dueAfter(l.sent)
		t := now()
		if due > t {
			return due - t
		}
		i := l.free[0]
		l.free = l.free[:copy(l.free, l.free[1:])]
		c := &l.connections[i]
		c.due, c.filled, c.isMeasured = due, 0, l.sent >= l.warmups
		if c.isMeasured {
			l.late = append(l.late, t-max(due, l.freeSince))
		}
		l.sent++
		if size, failed := write(c.file, l.Request); size != len(l.Request) {
			l.fail(i, fmt.Sprintf("%d bytes of a request were sent: %v", size, failed))
		}
	}
	return time.Second
}

func (l *load) receive(i int) {
	c := &l.connections[i]
	size, failed := read(c.file, c.buffer[c.filled:])
	if failed == syscall.EAGAIN {
		return
	}
	if size <= 0 {
		l.fail(i, fmt.Sprintf("the connection ended after %d bytes: %v", c.filled, failed))
		return
	}
	c.filled += size
	isWhole, err := l.check(c.buffer[:c.filled])
	if err != nil {
		l.fail(i, err.Error())
		return
	}
	if !isWhole {
		return
	}
	t := now()
	if c.isMeasured {
		l.latencies = append(l.latencies, t-c.due)
	}
	l.answered++
	l.release(i, t)
}

// Compares each byte of the body with what is expected; reports whether the response is complete.
func (l *load) check(response []byte) (bool, error) {
	end := bytes.Index(response, []byte("\r\n\r\n"))
	if end == -1 {
		if len(response) >= maxHeadBytes {
			return false, errors.New("the head of a response is too long")
		}
		return false, nil
	}
	if !bytes.HasPrefix(response, []byte("HTTP/1.1 200")) {
		line := response[:bytes.IndexByte(response, '\r')]
		return false, fmt.Errorf("the status line is %s", line)
	}
	body := response[end+4:]
	if len(body) < len(l.Answer) {
		return false, nil
	}
	if !bytes.Equal(body, l.Answer) {
		return false, errors.New("the body of a response differs")
	}
	return true, nil
}

func (l *load) release(i int, t time.Duration) {
	if len(l.free) == 0 {
		l.freeSince = t
	}
	l.free = append(l.free, i)
}

// Records what was wrong with a request, and replaces its connection.
func (l *load) fail(i int, what string) {
	l.wrong = append(l.wrong, what)
	l.answered++
	syscall.Close(l.connections[i].file)
	l.open(i)
}

func (l *load) open(i int) {
	file, err := dial(l.Port)
	if err == nil {
		event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(i)}
		err = syscall.EpollCtl(l.poll, syscall.EPOLL_CTL_ADD, file, &event)
	}
	if err != nil {
		log.Fatalf("Cannot connect to port %d: %v", l.Port, err)
	}
	l.connections[i].file = file
	l.release(i, now())
}

func dial(port int) (int, error) {
	file, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return 0, err
	}
	address := syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}
	if err := syscall.Connect(file, &address); err != nil {
		return 0, err
	}
	if err := syscall.SetsockoptInt(file, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1); err != nil {
		return 0, err
	}
	return file, syscall.SetNonblock(file, true)
}

var started = time.Now()

func now() time.Duration { return time.Since(started) }

func max(a, b time.Duration) time.Duration {
	if a > b {
		return a
	}
	return b
}

// By the nearest rank, in microseconds.
func quantiles(times []time.Duration, shares []float64) []float64 {
	sort.Slice(times, func(a, b int) bool { return times[a] < times[b] })
	found := make([]float64, len(shares))
	for i, share := range shares {
		// Per mille, so that ranks are whole numbers.
		rank := (len(times)*int(share*1000+0.5) + 999) / 1000
		if rank > 0 {
			found[i] = float64(times[rank-1].Nanoseconds()) / 1000
		}
	}
	return found
}

// System calls without Go's scheduler around them, as none of them waits for anything but time or a response.

func write(file int, data []byte) (int, syscall.Errno) {
	return called(syscall.RawSyscall(
		syscall.SYS_WRITE, uintptr(file), uintptr(unsafe.Pointer(&data[0])), uintptr(len(data))))
}

func read(file int, buffer []byte) (int, syscall.Errno) {
	return called(syscall.RawSyscall(
		syscall.SYS_READ, uintptr(file), uintptr(unsafe.Pointer(&buffer[0])), uintptr(len(buffer))))
}

// Waits like epoll_wait, but in nanoseconds. Returns how many events there are: none if a signal came.
func waitFor(poll int, events []syscall.EpollEvent, wait time.Duration) int {
	const epollPwait2 = 441
	limit := syscall.NsecToTimespec(wait.Nanoseconds())
	size, _ := called(syscall.RawSyscall6(
		epollPwait2, uintptr(poll), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)),
		uintptr(unsafe.Pointer(&limit)), 0, 0))
	if size < 0 {
		return 0
	}
	return size
}

func called(value, _ uintptr, failed syscall.Errno) (int, syscall.Errno) {
	if failed != 0 {
		return -1, failed
	}
	return int(value), 0
}

// Asks Linux to wake this process exactly when it asked for, not 50 µs later together with others, and to let
// it run at once then: with slices of 0.1 ms instead of 3, it goes before what is in the middle of one. Where
// either is refused, or unknown as the latter is before Linux 6.12, how late it is tells. A real-time priority
// would be more exact, but whatever spins with one stops its core.
func shortenTimes() {
	const prSetTimerSlack = 29
	schedSetAttr := map[string]uintptr{"amd64": 314, "arm64": 274}[runtime.GOARCH]
	const slice = 100 * time.Microsecond
	attributes := struct {
		size, policy              uint32
		flags                     uint64
		nice                      int32
		priority                  uint32
		runtime, deadline, period uint64
	}{size: 48, runtime: uint64(slice)}
	syscall.RawSyscall(syscall.SYS_PRCTL, prSetTimerSlack, 1, 0)
	if schedSetAttr != 0 {
		syscall.RawSyscall(schedSetAttr, 0, uintptr(unsafe.Pointer(&attributes)), 0)
	}
}

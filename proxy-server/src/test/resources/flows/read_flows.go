// Command read_flows reads a flow log by the names and types of the sinkhole-flows attestor and prints what it sums up.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"
)

// body is what was kept of a body, and its true length.
type body struct {
	Empty     bool    `json:"empty"`
	Encoding  string  `json:"encoding"`
	Length    int64   `json:"length"`
	Truncated bool    `json:"truncated"`
	Text      *string `json:"text"`
	B64       *string `json:"b64"`
}

// flow is a line.
type flow struct {
	ScanID          string      `json:"scan_id"`
	Timestamp       time.Time   `json:"timestamp"`
	Event           string      `json:"event"`
	SNI             string      `json:"sni"`
	ALPNProtocols   []string    `json:"alpn_protocols"`
	Method          string      `json:"method"`
	Scheme          string      `json:"scheme"`
	Host            string      `json:"host"`
	Port            int         `json:"port"`
	Path            string      `json:"path"`
	HTTPVersion     string      `json:"http_version"`
	RequestHeaders  [][2]string `json:"request_headers"`
	ResponseHeaders [][2]string `json:"response_headers"`
	RequestBody     *body       `json:"request_body"`
	ResponseBody    *body       `json:"response_body"`
	ResponseStatus  int         `json:"response_status"`
	ResponseReason  string      `json:"response_reason"`
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func expect(holds bool, line int, what string) {
	if !holds {
		panic(fmt.Sprintf("line %d: %s", line, what))
	}
}

// length of a body, whose kept part must be what it says.
func (b *body) length(line int) int64 {
	if b == nil {
		return 0
	}
	if b.Empty {
		expect(b.Length == 0 && b.Text == nil && b.B64 == nil, line, "an empty body with content")
		return 0
	}
	var kept int
	switch b.Encoding {
	case "text":
		expect(b.Text != nil && b.B64 == nil, line, "text without text")
		kept = len(*b.Text)
	case "base64":
		expect(b.B64 != nil && b.Text == nil, line, "base64 without b64")
		raw, err := base64.StdEncoding.DecodeString(*b.B64)
		check(err)
		kept = len(raw)
	default:
		expect(false, line, "encoding "+b.Encoding)
	}
	expect(b.Truncated || kept > 0, line, "a body that is not there")
	return b.Length
}

func count(of map[string]int) string {
	names := make([]string, 0, len(of))
	for name := range of {
		names = append(names, name)
	}
	sort.Strings(names)
	for i, name := range names {
		names[i] = fmt.Sprintf("%s=%d", name, of[name])
	}
	return strings.Join(names, " ")
}

func main() {
	raw, err := os.ReadFile(os.Args[1])
	check(err)
	scan := os.Args[2]
	expect(len(raw) == 0 || raw[len(raw)-1] == '\n', 0, "a torn tail")
	lines, foreign := 0, 0
	events, hosts, snis, alpn := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	schemes, statuses, methods, versions := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	var requests, responses int64
	scanner := bufio.NewScanner(bytes.NewReader(raw))
	scanner.Buffer(make([]byte, 0, 64*1024), 32<<20)
	for scanner.Scan() {
		lines++
		var one flow
		check(json.Unmarshal(scanner.Bytes(), &one))
		expect(!one.Timestamp.IsZero() && one.Timestamp.Location() == time.UTC, lines, "timestamp")
		if one.ScanID != scan {
			foreign++
			continue
		}
		events[one.Event]++
		switch one.Event {
		case "tls_clienthello":
			snis[one.SNI]++
			alpn[strings.Join(one.ALPNProtocols, "+")]++
		case "http":
			expect(one.Method != "" && one.Host != "" && one.Port > 0, lines, "no method, host or port")
			methods[one.Method]++
			hosts[one.Host]++
			schemes[one.Scheme]++
			versions[one.HTTPVersion]++
			statuses[fmt.Sprint(one.ResponseStatus)]++
			requests += one.RequestBody.length(lines)
			responses += one.ResponseBody.length(lines)
		default:
			expect(false, lines, "event "+one.Event)
		}
	}
	check(scanner.Err())
	fmt.Println("lines", lines, "of other scans", foreign)
	fmt.Println("events", count(events))
	fmt.Println("hosts", count(hosts))
	fmt.Println("snis", count(snis))
	fmt.Println("alpn", count(alpn))
	fmt.Println("methods", count(methods))
	fmt.Println("schemes", count(schemes))
	fmt.Println("versions", count(versions))
	fmt.Println("statuses", count(statuses))
	fmt.Println("bytes", requests, responses)
	fmt.Printf("sha256 %x\n", sha256.Sum256(raw))
}

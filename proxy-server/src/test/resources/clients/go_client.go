// Command go_client asks by net/http through the proxy of the environment, and prints a line for each thing that works.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"strings"
	"sync"
	"time"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func expect(holds bool, format string, values ...interface{}) {
	if !holds {
		panic(fmt.Sprintf(format, values...))
	}
}

func pattern(size int) []byte {
	all := make([]byte, size)
	for i := range all {
		all[i] = byte(i % 251)
	}
	return all
}

// client speaks one version of HTTP only.
func client(roots *x509.CertPool, http2 bool) *http.Client {
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		TLSClientConfig:       &tls.Config{RootCAs: roots},
		ForceAttemptHTTP2:     http2,
		ExpectContinueTimeout: 20 * time.Second,
	}
	if !http2 {
		transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	return &http.Client{Timeout: 30 * time.Second, Transport: transport}
}

func whole(response *http.Response) []byte {
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	check(err)
	return body
}

func get(c *http.Client, url string) *http.Response {
	response, err := c.Get(url)
	check(err)
	return response
}

// upload sends what must come back, after a 100 where that is expected.
func upload(c *http.Client, url string, version string, continues bool) {
	body := pattern(3 << 20)
	request, err := http.NewRequest("POST", url, bytes.NewReader(body))
	check(err)
	request.Header.Set("Authorization", "Bearer agents-own")
	if continues {
		request.Header.Set("Expect", "100-continue")
	}
	response, err := c.Do(request)
	check(err)
	expect(response.Proto == version, "%s: %s (expected: %s)", url, response.Proto, version)
	expect(bytes.Equal(whole(response), body), "%s: another body", url)
}

// hints reads a 103 before the answer, where it comes by h2.
func hints(c *http.Client, url string, http2 bool) {
	seen := 0
	trace := &httptrace.ClientTrace{Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
		seen = code
		return nil
	}}
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(context.Background(), trace), "GET", url, nil)
	check(err)
	response, err := c.Do(request)
	check(err)
	whole(response)
	expect((seen == 103) == http2, "%s: interim %d (expected: 103 by h2 alone)", url, seen)
}

// trailers reads those of a response and sends some with a request.
func trailers(c *http.Client, host string) {
	response := get(c, "https://"+host+"/trailers")
	whole(response)
	expect(response.Trailer.Get("x-checksum") == "abc123", "%s: trailers %v", host, response.Trailer)

	request, err := http.NewRequest("POST", "https://"+host+"/echo", io.MultiReader(strings.NewReader("with trailers")))
	check(err)
	request.Trailer = http.Header{"X-Sum": {"42"}}
	response, err = c.Do(request)
	check(err)
	expect(string(whole(response)) == "with trailers", "%s: another body", host)
	expect(response.Trailer.Get("x-sum") == "42", "%s: trailers %v", host, response.Trailer)
}

// turns reads each event before the origin sends the next.
func turns(c *http.Client, host string) {
	response := get(c, "https://"+host+"/turns?n=5")
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	seen := 0
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "data: ") {
			expect(lines.Text() == fmt.Sprintf("data: turn %d", seen), "%s: %s", host, lines.Text())
			whole(get(c, fmt.Sprintf("https://%s/turn?n=%d", host, seen)))
			seen++
		}
	}
	check(lines.Err())
	expect(seen == 5, "%s: %d events", host, seen)
}

func streams(c *http.Client) {
	var all sync.WaitGroup
	for i := 0; i < 40; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			body := whole(get(c, "https://h2.example/bytes/70000"))
			expect(bytes.Equal(body, pattern(70000)), "another body")
		}()
	}
	all.Wait()
}

func abandon(c *http.Client) {
	ctx, cancel := context.WithCancel(context.Background())
	request, err := http.NewRequestWithContext(ctx, "GET", "https://h2.example/bytes/100000000", nil)
	check(err)
	response, err := c.Do(request)
	check(err)
	_, err = io.ReadFull(response.Body, make([]byte, 1000))
	check(err)
	cancel()
	_, err = io.Copy(io.Discard, response.Body)
	expect(errors.Is(err, context.Canceled), "%v", err)
	response.Body.Close()
	expect(string(whole(get(c, "https://h2.example/"))) == "hello from the origin\n", "no answer after a cancellation")
}

func main() {
	pem, err := os.ReadFile(os.Args[1])
	check(err)
	roots := x509.NewCertPool()
	expect(roots.AppendCertsFromPEM(pem), "no certificate in %s", os.Args[1])

	for _, http2 := range []bool{false, true} {
		version := "HTTP/1.1"
		if http2 {
			version = "HTTP/2.0"
		}
		c := client(roots, http2)
		for _, host := range []string{"h1.example", "h2.example"} {
			upload(c, "https://"+host+"/keep?by=go", version, false)
			upload(c, "https://"+host+"/keep?by=go", version, true)
			hints(c, "https://"+host+"/early-hints", http2)
			trailers(c, host)
			turns(c, host)
			fmt.Printf("%s to %s: ok\n", version, host)
		}
	}

	// As people use it: HTTPS_PROXY and SSL_CERT_FILE are all it is told.
	response := get(http.DefaultClient, "https://h2.example/")
	expect(response.Proto == "HTTP/2.0", "%s", response.Proto)
	whole(response)
	fmt.Println("default client: ok")

	c := client(roots, true)
	streams(c)
	fmt.Println("forty streams: ok")
	abandon(c)
	fmt.Println("abandoned: ok")

	response, err = http.Post("http://plain.example/keep", "text/plain", strings.NewReader("in the clear"))
	check(err)
	expect(string(whole(response)) == "in the clear", "another body")
	fmt.Println("in the clear: ok")

	response = get(c, "https://other.example/")
	text := string(whole(response))
	expect(response.StatusCode == 403 && strings.Contains(text, "host other.example is not allowed"), "%s", text)
	fmt.Println("denied in words: ok")
}

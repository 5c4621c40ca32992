// Go's net/http as a witness: the same two programs as parsers.mjs.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
)

func fields(all http.Header) string {
	var names []string
	values := map[string][]string{}
	for name, some := range all {
		lower := strings.ToLower(name)
		if lower != "connection" && lower != "host" && lower != "transfer-encoding" && lower != "trailer" {
			names = append(names, lower)
			values[lower] = some
		}
	}
	sort.Strings(names)
	var out strings.Builder
	for _, name := range names {
		for _, value := range values[name] {
			out.WriteString(name + ":" + value + "\n")
		}
	}
	return hex.EncodeToString([]byte(out.String()))
}

func digest(body io.Reader) (string, error) {
	sum := sha256.New()
	length, err := io.Copy(sum, body)
	return fmt.Sprintf("%d %x", length, sum.Sum(nil)), err
}

func told(err error) string {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || strings.Contains(err.Error(), "connection reset") {
		return "incomplete"
	}
	return "refused " + err.Error()
}

func seen(out http.ResponseWriter, in *http.Request) {
	body, err := digest(in.Body)
	said := ""
	if err != nil {
		said = told(err)
		out.Header().Set("Connection", "close")
	} else {
		said = fmt.Sprintf("%x %x %x %s %s %s .", in.Method, in.RequestURI, in.Host, body, fields(in.Header), fields(in.Trailer))
	}
	out.Header().Set("X-Seen", said)
	out.Header().Set("Content-Length", "0")
}

func server() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() { // ends with the test
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	fmt.Printf("port %d\n", listener.Addr().(*net.TCPAddr).Port)
	quiet := log.New(io.Discard, "", 0)
	log.Fatal((&http.Server{Handler: http.HandlerFunc(seen), MaxHeaderBytes: 1 << 20, ErrorLog: quiet,
		DisableGeneralOptionsHandler: true}).Serve(listener))
}

func ask(client *http.Client, port string, n int) string {
	method := "GET"
	if n%8 == 0 {
		method = "HEAD"
	}
	request, err := http.NewRequest(method, fmt.Sprintf("http://127.0.0.1:%s/%d", port, n), nil)
	if err != nil {
		log.Fatal(err)
	}
	request.Close = true
	response, err := client.Do(request)
	if err != nil {
		return fmt.Sprintf("%d %s", n, told(err))
	}
	defer response.Body.Close()
	body, err := digest(response.Body)
	if err != nil {
		return fmt.Sprintf("%d %s", n, told(err))
	}
	return fmt.Sprintf("%d %d %s %s %s .", n, response.StatusCode, body, fields(response.Header), fields(response.Trailer))
}

func client(port string, count int) {
	client := &http.Client{
		Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true, MaxResponseHeaderBytes: 1 << 20},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	lines := make([]string, count)
	var working sync.WaitGroup
	for worker := range 8 {
		working.Go(func() {
			for n := worker; n < count; n += 8 {
				lines[n] = ask(client, port, n)
			}
		})
	}
	working.Wait()
	fmt.Println(strings.Join(lines, "\n"))
}

func main() {
	if os.Args[1] == "server" {
		server()
	}
	count, err := strconv.Atoi(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	client(os.Args[2], count)
}

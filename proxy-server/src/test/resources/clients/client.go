// Asks through the gate with net/http, by HTTP/1.1 and by HTTP/2.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"sync"
)

func main() {
	proxy, _ := url.Parse(os.Args[1])
	pem, _ := os.ReadFile(os.Args[2])
	host := os.Args[3]
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		panic("no certificate")
	}
	for _, h2 := range []bool{false, true} {
		transport := &http.Transport{
			Proxy:             http.ProxyURL(proxy),
			TLSClientConfig:   &tls.Config{RootCAs: roots},
			ForceAttemptHTTP2: h2,
		}
		client := &http.Client{Transport: transport}
		var all sync.WaitGroup
		for i := 0; i < 20; i++ {
			all.Add(1)
			go func() {
				defer all.Done()
				body := bytes.Repeat([]byte("g"), 50_000)
				response, err := client.Post("https://"+host+"/echo?by=go", "text/plain", bytes.NewReader(body))
				if err != nil {
					panic(err)
				}
				got, err := io.ReadAll(response.Body)
				if err != nil || !bytes.Equal(got, body) {
					panic(fmt.Sprint(response.Proto, response.Status, len(got), err, string(got[:min(len(got), 200)])))
				}
			}()
		}
		all.Wait()
		response, err := client.Get("https://" + host + "/trailers")
		if err != nil {
			panic(err)
		}
		io.Copy(io.Discard, response.Body)
		fmt.Println(response.Proto, response.StatusCode, len(response.Trailer) > 0)
		denied, err := client.Get("https://nowhere.example/")
		if err != nil {
			panic(err)
		}
		fmt.Println(denied.StatusCode, denied.Header.Get("X-Egress-Deny"))
	}
}

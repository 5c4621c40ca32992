"""One unary call by gRPC's C core, which is told of the proxy and of its authorities by the environment alone."""
import sys

import grpc

with grpc.secure_channel(sys.argv[1], grpc.ssl_channel_credentials()) as channel:
    try:
        answer = channel.unary_unary("/echo.Echo/unary")(b"hello", timeout=20)
        print(f"answered: {answer.decode()}")
    except grpc.RpcError as error:
        print(f"failed: {error.code()} {error.details()}")

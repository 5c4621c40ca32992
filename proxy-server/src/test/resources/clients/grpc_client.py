"""grpc-python, told of proxy and authority by its environment alone. Prints a line for each thing that works."""

import sys

import grpc

target = sys.argv[1]
channel = grpc.secure_channel(target, grpc.ssl_channel_credentials())
unary = channel.unary_unary("/echo.Echo/unary")
assert unary(b"hello", timeout=20) == b"hello"
print("unary")

answers = channel.unary_stream("/echo.Echo/serverStream")(b"50", timeout=20)
assert [int(answer) for answer in answers] == list(range(50))
print("server stream")

assert channel.stream_unary("/echo.Echo/clientStream")(iter([b"x" * 1000] * 20), timeout=20) == b"20000"
print("client stream")


def failure(call, message):
    try:
        call(message, timeout=20)
    except grpc.RpcError as error:
        return error
    raise AssertionError("no failure")


error = failure(channel.unary_unary("/echo.Echo/failing"), b"out of plums")
assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, error
assert error.details() == "out of plums, 100% gone: ü", error
print("the server's own failure")

error = failure(channel.unary_unary("/other.Service/call"), b"hello")
assert error.code() == grpc.StatusCode.PERMISSION_DENIED, error
assert error.details().startswith("egress: path "), error
assert ("x-egress-deny", "path_not_allowed") in [tuple(field) for field in error.trailing_metadata()], error
print("denied in words")

assert unary(b"again", timeout=20) == b"again"
away = grpc.secure_channel(sys.argv[2], grpc.ssl_channel_credentials())
error = failure(away.unary_unary("/echo.Echo/unary"), b"hello")
assert error.code() == grpc.StatusCode.UNAVAILABLE, error
assert "refused" in error.details(), error
print("an origin that is away")

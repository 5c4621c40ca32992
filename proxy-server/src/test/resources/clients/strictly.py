"""What the Python clients share."""

import os
import ssl


def context():
    """Verifies as Python 3.13 and later do by default, trusting the gate's authority alone."""
    strict = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    strict.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    return strict


def pattern(size):
    """The body of /bytes/SIZE."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]

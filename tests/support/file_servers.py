"""file_servers.py sftp|ftp FOLDER: serves the folder read-only on a free port of 127.0.0.1 to the user "so" with the password
"mat-khau"; over sftp also to the key FOLDER/../id.pub. Prints the port, over sftp a line of known_hosts behind it. Ends with
77 where the library (Debian: python3-paramiko, python3-pyftpdlib) is missing."""

import os
import pathlib
import socket
import sys
import threading

USER, PASSWORD = "so", "mat-khau"


def serve_sftp(folder):
    import paramiko

    class Files(paramiko.SFTPServerInterface):
        def place(self, path):
            return folder / path.lstrip("/")

        def stat(self, path):
            try:
                return paramiko.SFTPAttributes.from_stat(os.stat(self.place(path)))
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno)

        lstat = stat

        def open(self, path, flags, attributes):
            try:
                handle = paramiko.SFTPHandle(flags)
                handle.readfile = open(self.place(path), "rb")
                return handle
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno)

    class Door(paramiko.ServerInterface):
        def check_auth_password(self, user, password):
            return paramiko.AUTH_SUCCESSFUL if (user, password) == (USER, PASSWORD) else paramiko.AUTH_FAILED

        def check_auth_publickey(self, user, key):
            known = (folder.parent / "id.pub").read_text().split()[1]
            return paramiko.AUTH_SUCCESSFUL if user == USER and key.get_base64() == known else paramiko.AUTH_FAILED

        def get_allowed_auths(self, user):
            return "password,publickey"

        def check_channel_request(self, kind, channel):
            return paramiko.OPEN_SUCCEEDED

    own = paramiko.RSAKey.generate(2048)
    user = paramiko.RSAKey.generate(2048)
    user.write_private_key_file(str(folder.parent / "id"))
    (folder.parent / "id.pub").write_text(f"ssh-rsa {user.get_base64()}\n")

    def talk(connection):
        transport = paramiko.Transport(connection)
        transport.add_server_key(own)
        transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files)
        transport.start_server(server=Door())

    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    print(port, f"[127.0.0.1]:{port} ssh-rsa {own.get_base64()}", flush=True)
    while True:
        threading.Thread(target=talk, args=(listening.accept()[0],), daemon=True).start()


def serve_ftp(folder):
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler
    from pyftpdlib.servers import FTPServer

    authorizer = DummyAuthorizer()
    authorizer.add_user(USER, PASSWORD, str(folder), perm="elr")
    FTPHandler.authorizer = authorizer
    server = FTPServer(("127.0.0.1", 0), FTPHandler)
    print(server.socket.getsockname()[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    try:
        {"sftp": serve_sftp, "ftp": serve_ftp}[sys.argv[1]](pathlib.Path(sys.argv[2]).resolve())
    except ImportError:
        sys.exit(77)

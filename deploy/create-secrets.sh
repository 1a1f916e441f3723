# Writes the secrets of compose.yaml into its volume. They stay as they are at later starts.
set -euo pipefail
umask 077
cd /secrets
[ -e complete ] && exit
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
random >postgres
random >owner
random >app
random >auth
echo "postgres://todo_app:$(cat app)@database/todo" >database-url
echo "postgres://todo_owner:$(cat owner)@database/todo" >database-migration-url
# The users of the two images.
chown postgres postgres owner app
chown 65532 auth database-url database-migration-url
chmod 755 .
touch complete

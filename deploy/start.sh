#!/bin/sh
# The container's first start writes a configuration and a token for the web pages into the volume; then Dateline takes
# this process's place. The token is what the pages ask for: docker exec dateline cat /data/web.token
set -eu
umask 077
data=$(dirname "$DATELINE_CONFIG")
[ -e "$DATELINE_CONFIG" ] || dateline init "$data"
if [ -z "${DATELINE_WEB__TOKEN:-}" ]; then
    [ -e "$data/web.token" ] || python -c 'import secrets; print(secrets.token_urlsafe(24))' > "$data/web.token"
    export DATELINE_WEB__TOKEN_FILE="$data/web.token"
fi
exec dateline "$@"

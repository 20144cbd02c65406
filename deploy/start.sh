#!/bin/sh
# The container's first start writes a configuration into the volume; then Dateline takes this process's place.
set -eu
[ -e "$DATELINE_CONFIG" ] || dateline init "$(dirname "$DATELINE_CONFIG")"
exec dateline "$@"

#!/bin/sh
# Writes what nginx has to know of where it runs, and becomes nginx.
set -eu
folder=${1:-/tmp}

# nginx asks for Centrifugo's address again and again, and wants to know whom.
awk '$1 == "nameserver" {print "resolver " ($2 ~ /:/ ? "[" $2 "]" : $2) " valid=5s ipv6=off;"; exit}' \
    /etc/resolv.conf > "$folder/resolver.conf"

ancestors=${CHAT_PAGE_FRAME_ANCESTORS:-"'none'"}
case $ancestors in
*[!A-Za-z0-9:/.*\'\ -]*)
    echo "The setting CHAT_PAGE_FRAME_ANCESTORS is wrong: it is 'none' or origins with a space between them." >&2
    exit 1
    ;;
esac
echo "map '' \$frame_ancestors { default \"$ancestors\"; }" > "$folder/frame_ancestors.conf"

exec nginx -g 'daemon off;'

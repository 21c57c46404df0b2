#!/bin/sh
# Takes the secrets from files, chooses the answerer where no model is named, and becomes the command.
set -eu

for file in /run/secrets/*; do
    if [ -f "$file" ]; then export "${file##*/}=$(cat "$file")"; fi
done

if [ -z "${OPENAI_API_KEY:-}${OPENAI_BASE_URL:-}" ] && [ -n "${CHAT_FALLBACK_MODEL_URL:-}" ]; then
    export OPENAI_BASE_URL="$CHAT_FALLBACK_MODEL_URL" OPENAI_MODEL=
    export CHAT_MODEL_NAME="Scripted answerer" CHAT_MODEL_DEMO=true
fi

exec "$@"

#!/usr/bin/env bash
# Writes what the image is made of, as CycloneDX: scripts/sbom.sh > sbom.json
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec npm sbom --omit dev --sbom-format cyclonedx --sbom-type application

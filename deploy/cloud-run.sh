#!/usr/bin/env bash
# Deploys the connector to Google Cloud Run, with the mappings of a folder of this tree:
#
#   deploy/cloud-run.sh PROJECT [OPTION]...
#
#   --service NAME          name of the service, and the beginning of every other name (nsps-connector)
#   --region REGION         where it runs (us-central1)
#   --mappings FOLDER       folder of this tree with mappings (mappings)
#   --env NAME=VALUE        a setting, or what mappings want of the environment; not for secrets
#   --secret NAME=SECRET    the same from Secret Manager: the latest version of SECRET when an instance starts
#   --tag TAG               name of the build (the commit)
#   --dry-run               print the commands, run none
#
# Wants gcloud, logged in (gcloud auth login); the image is built by Cloud Build. It may be run again at any time: what
# is there stays, and a new revision takes over once it is ready. The token that NSPS shows is made at the first run and
# kept in Secret Manager:
#
#   gcloud secrets versions access latest --project PROJECT --secret nsps-connector-api-token

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/common.sh
. deploy/common.sh

main() {
  read_arguments "$@"

  run gcloud services enable "${in_project[@]}" run.googleapis.com cloudbuild.googleapis.com \
    artifactregistry.googleapis.com secretmanager.googleapis.com iam.googleapis.com
  build
  keep_token
  account
  deploy
  tell gcloud run services describe "$service" "${in_project[@]}" --region="$region" '--format=value(status.url)'
}

read_arguments() {
  service=nsps-connector region=us-central1
  read_options "service region mappings env secret tag" "$@"
  project=$subject
  check_arguments
}

check_arguments() {
  local given
  [ -n "$project" ] || fail "which project? deploy/cloud-run.sh PROJECT; --help tells more"
  must_be "$project" '[a-z][a-z0-9-]{4,28}[a-z0-9]' "the id of a project, such as my-project-123"
  # The service account is named after it, and such names have at most 30 characters.
  must_be "$service" '[a-z][a-z0-9-]{4,28}[a-z0-9]' "a name of 6 to 30 lower-case letters, digits and hyphens"
  must_be "$region" '[a-z0-9-]+' "a region, such as us-central1"
  check_options
  for given in ${settings[@]+"${settings[@]}"}; do
    # gcloud is told that settings are divided by this.
    [[ $given != *'|'* ]] || fail "the value of ${given%%=*} has a '|', which this script cannot pass on"
  done
  for given in ${secrets[@]+"${secrets[@]}"}; do
    must_be "$given" '[A-Za-z_][A-Za-z0-9_]*=[A-Za-z0-9_-]+' "NAME=SECRET, as --secret wants it"
  done
  in_project=("--project=$project" --quiet)
  image=$region-docker.pkg.dev/$project/$service/nsps-connector:$tag
  member=$service@$project.iam.gserviceaccount.com
}

build() {
  unless gcloud artifacts repositories describe "$service" "${in_project[@]}" --location="$region" -- \
    gcloud artifacts repositories create "$service" "${in_project[@]}" --location="$region" \
    --repository-format=docker
  run gcloud builds submit . "${in_project[@]}" --config=deploy/cloud-build.yaml \
    --substitutions="_IMAGE=$image,_MAPPINGS=$mappings,_REVISION=$tag,_VERSION=$(version)"
}

keep_token() {
  unless_with_token gcloud secrets describe "$service-api-token" "${in_project[@]}" -- \
    gcloud secrets create "$service-api-token" "${in_project[@]}" --replication-policy=automatic --data-file=-
}

# It may read its secrets, and nothing else.
account() {
  local given
  unless gcloud iam service-accounts describe "$member" "${in_project[@]}" -- \
    gcloud iam service-accounts create "$service" "${in_project[@]}" '--display-name=NSPS connector'
  for given in "API_TOKEN=$service-api-token" ${secrets[@]+"${secrets[@]}"}; do
    persist gcloud secrets add-iam-policy-binding "${given#*=}" "${in_project[@]}" \
      "--member=serviceAccount:$member" --role=roles/secretmanager.secretAccessor
  done
}

# Cloud Run ends an instance 10 seconds after SIGTERM: SHUTDOWN_DELAY and the longest event fit into them. NSPS shows a
# token of ours in `Authorization`, so Google must not want one of its own there.
deploy() {
  local given all_settings all_secrets
  all_settings='^|^API_TOKEN_FILE=/secrets/api-token/value|EVENT_DEADLINE=8s|SHUTDOWN_DELAY=1s|SHUTDOWN_GRACE=8s'
  for given in ${settings[@]+"${settings[@]}"}; do
    all_settings+="|$given"
  done
  all_secrets=/secrets/api-token/value=$service-api-token:latest
  for given in ${secrets[@]+"${secrets[@]}"}; do
    all_secrets+=",$given:latest"
  done
  run gcloud run deploy "$service" "${in_project[@]}" --region="$region" --image="$image" \
    --service-account="$member" --allow-unauthenticated --ingress=all \
    --execution-environment=gen2 --cpu=1 --memory=1Gi --concurrency=200 \
    --min-instances=1 --max-instances=10 --timeout=15s \
    --startup-probe=httpGet.path=/ready,periodSeconds=2,timeoutSeconds=2,failureThreshold=15 \
    --liveness-probe=httpGet.path=/health,periodSeconds=10,timeoutSeconds=5,failureThreshold=3 \
    --set-env-vars="$all_settings" --set-secrets="$all_secrets"
  # After a way back to an older revision, new ones would get no events.
  run gcloud run services update-traffic "$service" "${in_project[@]}" --region="$region" --to-latest
}

main "$@"

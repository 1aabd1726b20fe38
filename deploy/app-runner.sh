#!/usr/bin/env bash
# Deploys the connector to AWS App Runner, with the mappings of a folder of this tree:
#
#   deploy/app-runner.sh SERVICE [OPTION]...
#
#   --region REGION         where it runs (us-east-1)
#   --mappings FOLDER       folder of this tree with mappings (mappings)
#   --env NAME=VALUE        a setting, or what mappings want of the environment; not for secrets
#   --secret NAME=ARN       the same from Secrets Manager, or a parameter of Systems Manager
#   --tag TAG               name of the build (the commit)
#   --dry-run               print the commands, run none
#
# Wants aws (version 2), logged in, and docker. It may be run again at any time: what is there stays, and the service is
# updated without a gap. The token that NSPS shows is made at the first run and kept in Secrets Manager, as
# SERVICE-api-token; App Runner reads secrets when it deploys.
#
# AWS no longer opens App Runner to accounts that have not used it before.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/common.sh
. deploy/common.sh

main() {
  read_arguments "$@"
  export AWS_PAGER='' AWS_REGION=$region

  account=$(ask 000000000000 aws sts get-caller-identity --query Account --output text)
  registry=$account.dkr.ecr.$region.amazonaws.com
  image=$registry/$service:$tag
  build
  keep_token
  roles
  deploy
  tell aws apprunner list-services --query "ServiceSummaryList[?ServiceName=='$service'].ServiceUrl | [0]" --output text
}

read_arguments() {
  region=us-east-1
  read_options "region mappings env secret tag" "$@"
  service=$subject
  check_arguments
}

check_arguments() {
  local given
  [ -n "$service" ] || fail "which service? deploy/app-runner.sh SERVICE; --help tells more"
  must_be "$service" '[a-z][a-z0-9-]{3,38}[a-z0-9]' "a name of 5 to 40 lower-case letters, digits and hyphens"
  must_be "$region" '[a-z0-9-]+' "a region, such as us-east-1"
  check_options
  for given in ${settings[@]+"${settings[@]}"}; do
    [[ $given != *[[:cntrl:]]* ]] || fail "the value of ${given%%=*} has a control character"
  done
  for given in ${secrets[@]+"${secrets[@]}"}; do
    must_be "$given" '[A-Za-z_][A-Za-z0-9_]*=arn:[A-Za-z0-9_+=,.@/:-]+' "NAME=ARN, as --secret wants it"
  done
}

build() {
  unless aws ecr describe-repositories --repository-names "$service" -- \
    aws ecr create-repository --repository-name "$service" --image-scanning-configuration scanOnPush=true
  run docker build --platform=linux/amd64 --target=with-mappings --build-arg="MAPPINGS_FROM=$mappings" \
    --build-arg="VERSION=$(version)" --build-arg="REVISION=$tag" --tag="$image" .
  if [ "$dry_run" = yes ]; then
    echo "$(show aws ecr get-login-password) | $(show docker login --username=AWS --password-stdin "$registry")"
  else
    aws ecr get-login-password | docker login --username=AWS --password-stdin "$registry" >/dev/null
  fi
  run docker push --quiet "$image"
}

keep_token() {
  unless_with_token aws secretsmanager describe-secret --secret-id "$service-api-token" -- \
    aws secretsmanager create-secret --name "$service-api-token" --secret-string file:///dev/stdin
  token=$(ask "arn:aws:secretsmanager:$region:$account:secret:$service-api-token" \
    aws secretsmanager describe-secret --secret-id "$service-api-token" --query ARN --output text)
}

# One role fetches the image, the other is the connector's: it may read its secrets, and nothing else.
roles() {
  local given resources
  pull_role=$service-pull run_role=$service-run
  role "$pull_role" build.apprunner.amazonaws.com
  run aws iam attach-role-policy --role-name "$pull_role" \
    --policy-arn arn:aws:iam::aws:policy/service-role/AWSAppRunnerServicePolicyForECRAccess

  role "$run_role" tasks.apprunner.amazonaws.com
  resources=$(json "$token")
  for given in ${secrets[@]+"${secrets[@]}"}; do
    resources+=,$(json "${given#*=}")
  done
  run aws iam put-role-policy --role-name "$run_role" --policy-name read-secrets --policy-document \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"secretsmanager:GetSecretValue\",\"ssm:GetParameters\"],\"Resource\":[$resources]}]}"
}

role() {
  unless aws iam get-role --role-name "$1" -- \
    aws iam create-role --role-name "$1" --assume-role-policy-document \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"$2\"},\"Action\":\"sts:AssumeRole\"}]}"
}

# App Runner does not say how long an instance has after SIGTERM: it is asked for no more than elsewhere is the least.
deploy() {
  local service_arn configuration
  configuration=(
    --source-configuration "$(source_configuration)"
    --instance-configuration "Cpu=1 vCPU,Memory=2 GB,InstanceRoleArn=arn:aws:iam::$account:role/$run_role"
    --health-check-configuration
    "Protocol=HTTP,Path=/ready,Interval=5,Timeout=2,HealthyThreshold=1,UnhealthyThreshold=3"
  )
  service_arn=$(ask None aws apprunner list-services \
    --query "ServiceSummaryList[?ServiceName=='$service'].ServiceArn | [0]" --output text)
  if [ "$service_arn" = None ]; then
    persist aws apprunner create-service --service-name "$service" "${configuration[@]}"
  else
    run aws apprunner update-service --service-arn "$service_arn" "${configuration[@]}"
  fi
}

source_configuration() {
  local given variables all_secrets
  variables='"EVENT_DEADLINE":"8s","SHUTDOWN_DELAY":"1s","SHUTDOWN_GRACE":"8s"'
  for given in ${settings[@]+"${settings[@]}"}; do
    variables+=,$(json "${given%%=*}"):$(json "${given#*=}")
  done
  all_secrets=\"API_TOKEN\":$(json "$token")
  for given in ${secrets[@]+"${secrets[@]}"}; do
    all_secrets+=,$(json "${given%%=*}"):$(json "${given#*=}")
  done
  printf '{"AuthenticationConfiguration":{"AccessRoleArn":"arn:aws:iam::%s:role/%s"},' "$account" "$pull_role"
  printf '"AutoDeploymentsEnabled":false,"ImageRepository":{"ImageRepositoryType":"ECR","ImageIdentifier":"%s",' "$image"
  printf '"ImageConfiguration":{"Port":"8080","RuntimeEnvironmentVariables":{%s},' "$variables"
  printf '"RuntimeEnvironmentSecrets":{%s}}}}' "$all_secrets"
}

# A text without control characters as JSON.
json() {
  local text=${1//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

main "$@"

{{/* What must hold between values, said in words; values.schema.json holds each value by itself. */}}

{{- define "connector.check" -}}
{{- $values := .Values -}}

{{- if and $values.apiToken.existingSecret $values.apiToken.value -}}
  {{- fail "apiToken: there are both existingSecret and value; give one of them" -}}
{{- end -}}
{{- if not (or $values.apiToken.existingSecret $values.apiToken.value) -}}
  {{- fail "apiToken: who may call? Give the name of a Secret with NSPS's tokens in apiToken.existingSecret (or a token in apiToken.value)" -}}
{{- end -}}
{{- /* The schema's message would repeat the token. */ -}}
{{- if and $values.apiToken.value (not (regexMatch "^ *[!-+.-~-]+( *[,\n] *[!-+.-~-]+)*\\s*$" $values.apiToken.value)) -}}
  {{- fail "apiToken.value: tokens have visible ASCII characters alone, and stand one a line or comma-separated" -}}
{{- end -}}

{{- if and $values.mappings.existingConfigMap $values.mappings.files -}}
  {{- fail "mappings: there are both existingConfigMap and files; give one of them" -}}
{{- end -}}
{{- if not (or $values.mappings.existingConfigMap $values.mappings.files) -}}
  {{- fail "mappings: there is no mapping. Give files by --set-file 'mappings.files.NAME\\.yaml=PATH', or the name of a ConfigMap in mappings.existingConfigMap" -}}
{{- end -}}
{{- $size := 0 -}}
{{- $mappings := 0 -}}
{{- range $name, $text := $values.mappings.files -}}
  {{- $size = add $size (len $name) (len $text) -}}
  {{- if not (regexMatch "[.]test[.]ya?ml$" $name) -}}{{- $mappings = add1 $mappings -}}{{- end -}}
{{- end -}}
{{- if and $values.mappings.files (eq (int $mappings) 0) -}}
  {{- fail "mappings.files: there are tests (*.test.yaml) and no mapping" -}}
{{- end -}}
{{- if gt (int $size) 1048576 -}}
  {{- fail (printf "mappings.files: they have %d bytes, and Kubernetes keeps 1048576 in a ConfigMap" (int $size)) -}}
{{- end -}}

{{- include "connector.checkVariables" . -}}

{{- if $values.tls.existingSecret -}}
  {{- range $values.secrets.files -}}
    {{- range .items -}}
      {{- if hasPrefix "connector-tls/" .path -}}
        {{- fail "secrets.files: the folder connector-tls is that of tls.existingSecret; take another one" -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end -}}

{{- $budget := $values.podDisruptionBudget -}}
{{- if $budget.enabled -}}
  {{- if eq (kindIs "invalid" $budget.maxUnavailable) (kindIs "invalid" $budget.minAvailable) -}}
    {{- fail "podDisruptionBudget: give either maxUnavailable or minAvailable, and set the other to null" -}}
  {{- end -}}
{{- end -}}

{{- if $values.autoscaling.enabled -}}
  {{- if lt (int $values.autoscaling.maxReplicas) (int $values.autoscaling.minReplicas) -}}
    {{- fail "autoscaling: maxReplicas is less than minReplicas" -}}
  {{- end -}}
  {{- if not (or $values.autoscaling.targetCPU $values.autoscaling.targetMemory) -}}
    {{- fail "autoscaling: by what? Give targetCPU or targetMemory" -}}
  {{- end -}}
{{- end -}}

{{- if and $values.ingress.enabled (not $values.ingress.hosts) -}}
  {{- fail "ingress.hosts: under which name is the connector reached? Give one host at least" -}}
{{- end -}}
{{- if and $values.service.nodePort (eq $values.service.type "ClusterIP") -}}
  {{- fail "service.nodePort: a Service of type ClusterIP has none" -}}
{{- end -}}
{{- end -}}

{{/* A variable has one source, is no setting of the connector, and is not openly secret. */}}
{{- define "connector.checkVariables" -}}
{{- $settings := list "API_TOKEN" "API_TOKEN_FILE" "LISTEN" "PORT" "MAPPINGS" -}}
{{- range $variable, $value := include "connector.settings" . | fromYaml -}}
  {{- $settings = append $settings $variable -}}
{{- end -}}
{{- $seen := dict -}}
{{- $sources := dict "variables" .Values.variables "secrets.values" .Values.secrets.values "secrets.from" .Values.secrets.from -}}
{{- range $source, $variables := $sources -}}
  {{- range $name, $value := $variables -}}
    {{- if has $name $settings -}}
      {{- fail (printf "%s.%s: this is a setting of the connector; its values are under settings, mappings, apiToken and service" $source $name) -}}
    {{- end -}}
    {{- if hasKey $seen $name -}}
      {{- fail (printf "%s.%s: the variable is in %s, too" $source $name (get $seen $name)) -}}
    {{- end -}}
    {{- $_ := set $seen $name $source -}}
    {{- if and (eq $source "variables") (regexMatch "(^|_)(TOKEN|SECRET|PASS|PASSWORD|PASSWD|PASSPHRASE|API_?KEY|PRIVATE_KEY)S?$" (upper $name)) -}}
      {{- fail (printf "variables.%s: by its name it is a secret, and everyone who may look at pods would read it here; give it in secrets.from or secrets.values" $name) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end -}}

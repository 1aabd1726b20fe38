{{/* Names and labels. */}}

{{- define "connector.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* A name that a Service may have; room is left for the longest suffix, `-variables`. */}}
{{- define "connector.fullname" -}}
{{- $name := include "connector.name" . -}}
{{- $full := .Values.fullnameOverride -}}
{{- if not $full -}}
  {{- $full = ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- end -}}
{{- $full | replace "." "-" | trunc 53 | trimSuffix "-" -}}
{{- end -}}

{{- define "connector.selector" -}}
app.kubernetes.io/name: {{ include "connector.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: connector
{{- end -}}

{{/* Labels of every object. One that the chart sets itself cannot be replaced. */}}
{{- define "connector.labels" -}}
{{- $own := dict
  "app.kubernetes.io/name" (include "connector.name" .)
  "app.kubernetes.io/instance" .Release.Name
  "app.kubernetes.io/version" (.Chart.AppVersion | toString)
  "app.kubernetes.io/managed-by" .Release.Service
  "helm.sh/chart" (printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_"))
-}}
{{- merge $own (default dict .Values.labels) | toYaml -}}
{{- end -}}

{{- define "connector.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "connector.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "connector.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ default .Chart.AppVersion $image.tag }}
{{- end -}}
{{- end -}}

{{- define "connector.mappingsName" -}}
{{- default (printf "%s-mappings" (include "connector.fullname" .)) .Values.mappings.existingConfigMap -}}
{{- end -}}

{{- define "connector.tokenName" -}}
{{- default (printf "%s-api-token" (include "connector.fullname" .)) .Values.apiToken.existingSecret -}}
{{- end -}}

{{- define "connector.variablesName" -}}
{{- printf "%s-variables" (include "connector.fullname" .) -}}
{{- end -}}

{{/* "true" where the connector listens at IPv6 addresses. */}}
{{- define "connector.ipv6" -}}
{{- if eq (first (default (list "") .Values.service.ipFamilies)) "IPv6" }}true{{ end -}}
{{- end -}}

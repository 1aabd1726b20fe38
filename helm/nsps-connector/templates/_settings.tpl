{{/* Settings of the connector: each variable with its value; an empty one is left to the connector. */}}
{{- define "connector.settings" -}}
{{- $settings := .Values.settings -}}
EVENT_DEADLINE: {{ $settings.eventDeadline | quote }}
SHUTDOWN_DELAY: {{ $settings.shutdownDelay | quote }}
SHUTDOWN_GRACE: {{ $settings.shutdownGrace | quote }}
EVENT_PATHS: {{ $settings.eventPaths | default "" | quote }}
MAX_BODY: {{ include "connector.number" $settings.maxBody | quote }}
MAX_IN_FLIGHT: {{ include "connector.number" $settings.maxInFlight | quote }}
MAX_IN_FLIGHT_BYTES: {{ include "connector.number" $settings.maxInFlightBytes | quote }}
RATE_LIMIT: {{ include "connector.number" $settings.rateLimit | quote }}
TLS_CERT: {{ include "connector.tlsFile" (list . "tls.crt") | quote }}
TLS_KEY: {{ include "connector.tlsFile" (list . "tls.key") | quote }}
LOG_LEVEL: {{ $settings.logLevel | default "" | quote }}
LOG_IDENTIFIERS: {{ $settings.logIdentifiers | default "" | quote }}
WORKERS: {{ include "connector.number" $settings.workers | quote }}
TEST_ON_RELOAD: {{ ternary "true" "" $settings.testOnReload | quote }}
{{- end -}}

{{/* A file of the certificate that the connector serves HTTPS with, if it does. */}}
{{- define "connector.tlsFile" -}}
{{- $root := index . 0 -}}
{{- if $root.Values.tls.existingSecret }}/etc/nsps-connector/mappings/secrets/connector-tls/{{ index . 1 }}{{ end -}}
{{- end -}}

{{/* How the connector is asked. */}}
{{- define "connector.scheme" -}}
{{- ternary "https" "http" (not (empty .Values.tls.existingSecret)) -}}
{{- end -}}

{{/* Text or a whole number. Helm reads numbers of files as floating ones, and would print 1e+06. */}}
{{- define "connector.number" -}}
{{- if kindIs "string" . }}{{ . }}{{ else if . }}{{ int64 . }}{{ end -}}
{{- end -}}

{{/* The container's environment. Text that Kubernetes would take for a variable, `$(NAME)`, is written `$$(NAME)`. */}}
{{- define "connector.env" -}}
- name: LISTEN
  value: {{ ternary "[::]:8080" "0.0.0.0:8080" (eq (include "connector.ipv6" .) "true") | quote }}
- name: MAPPINGS
  value: /etc/nsps-connector/mappings
- name: API_TOKEN_FILE
  value: /etc/nsps-connector/mappings/secrets/api-token
{{- range $variable, $value := include "connector.settings" . | fromYaml }}
{{- if $value }}
- name: {{ $variable }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- range $variable, $value := .Values.variables }}
- name: {{ $variable }}
  value: {{ $value | toString | replace "$(" "$$(" | quote }}
{{- end }}
{{- range $variable, $source := .Values.secrets.from }}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef:
      name: {{ $source.name }}
      key: {{ $source.key | quote }}
{{- end }}
{{- end -}}

{{/* Whole Secrets as variables. */}}
{{- define "connector.envFrom" -}}
{{- if .Values.secrets.values }}
- secretRef:
    name: {{ include "connector.variablesName" . }}
{{- end }}
{{- range .Values.secrets.existing }}
- secretRef:
    name: {{ . }}
{{- end }}
{{- end -}}

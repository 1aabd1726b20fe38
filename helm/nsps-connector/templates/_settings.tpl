{{/* Settings of the connector: each variable with its value; an empty one is left to the connector. */}}
{{- define "connector.settings" -}}
{{- $settings := .Values.settings -}}
EVENT_DEADLINE: {{ $settings.eventDeadline | quote }}
SHUTDOWN_DELAY: {{ $settings.shutdownDelay | quote }}
SHUTDOWN_GRACE: {{ $settings.shutdownGrace | quote }}
EVENT_PATHS: {{ $settings.eventPaths | default "" | quote }}
MAX_BODY: {{ $settings.maxBody | default "" | toString | quote }}
MAX_IN_FLIGHT: {{ $settings.maxInFlight | default "" | toString | quote }}
MAX_IN_FLIGHT_BYTES: {{ $settings.maxInFlightBytes | default "" | toString | quote }}
LOG_LEVEL: {{ $settings.logLevel | default "" | quote }}
LOG_IDENTIFIERS: {{ $settings.logIdentifiers | default "" | quote }}
WORKERS: {{ $settings.workers | default "" | toString | quote }}
TEST_ON_RELOAD: {{ ternary "true" "" $settings.testOnReload | quote }}
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

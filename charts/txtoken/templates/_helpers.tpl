{{- define "txtoken.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "txtoken.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains (include "txtoken.name" .) .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "txtoken.name" .) | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- /* What finds the pods. It never changes, since the selector of a Deployment cannot. */}}
{{- define "txtoken.selector" -}}
app.kubernetes.io/name: {{ include "txtoken.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "txtoken.redisSelector" -}}
app.kubernetes.io/name: {{ include "txtoken.name" . }}-redis
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "txtoken.commonLabels" -}}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "txtoken.labels" -}}
{{ include "txtoken.selector" . }}
{{ include "txtoken.commonLabels" . }}
{{- end }}

{{- define "txtoken.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{- /* What the schema of the values cannot express: one value against another. */}}
{{- define "txtoken.assertValues" -}}
{{- with .Values.autoscaling }}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) }}
{{- fail (printf "autoscaling: expected maxReplicas to be minReplicas (%v) or more, found %v" .minReplicas .maxReplicas) }}
{{- end }}
{{- end }}
{{- if not .Values.existingConfigSecret }}
{{- $drain := (default dict .Values.config.timeouts).drain | toString }}
{{- $unit := dict "ms" 0.001 "s" 1 "m" 60 "h" 3600 }}
{{- $seconds := mulf (regexFind "^[0-9.]+" $drain | float64) (get $unit (regexFind "[a-z]+$" $drain) | default 0 | float64) }}
{{- if ge $seconds (float64 .Values.terminationGracePeriodSeconds) }}
{{- fail (printf "terminationGracePeriodSeconds: expected more than config.timeouts.drain (%s), found %v: Kubernetes would kill the pod before it finishes its requests" $drain .Values.terminationGracePeriodSeconds) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The configuration, with what the variants put into it. */}}
{{- define "txtoken.config" -}}
{{- $config := deepCopy .Values.config }}
{{- with .Values.generatedKeys }}
{{- if .enabled }}
{{- $generate := dict "dir" "/keys" "rotateEvery" .rotateEvery "publishAhead" .publishAhead }}
{{- $_ := set $config "keys" (list (dict "alg" .alg "generate" $generate)) }}
{{- end }}
{{- end }}
{{- if .Values.redis.enabled }}
{{- $store := printf "redis://:${REDIS_PASSWORD}@%s-redis:6379/0" (include "txtoken.fullname" .) }}
{{- $revocation := dict "store" $store "whenUnavailable" (dict "openFor" .Values.redis.openFor) }}
{{- $_ := set $config "revocation" (mustMergeOverwrite $revocation (default dict $config.revocation)) }}
{{- end }}
{{- range $config.routes }}
{{- if hasKey . "true" }}
{{- fail "config.routes: write \"on\" in quotes, since Helm reads on as true" }}
{{- end }}
{{- end }}
{{- toYaml $config }}
{{- end }}

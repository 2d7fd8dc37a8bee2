{# Platform and campaign as one text. `|` and `\` of the platform are escaped, so that no two names give
   one key. #}
{% macro campaign_key(ad_platform='ad_platform', campaign_id='campaign_id') -%}
    {{ escaped(ad_platform) }} || '|' || {{ campaign_id }}
{%- endmacro %}

{# A text in which no `|` stands unescaped: texts joined by `|` can then be told apart. #}
{% macro escaped(text) -%}
    replace(replace({{ text }}, '\', '\\'), '|', '\|')
{%- endmacro %}

{#
    A name as it is shown: without invisible characters, full-width letters as usual ones, accents in
    one form, and single blanks between words.
#}
{% macro cleaned(text) -%}
    {%- set blanks = '\t\n\x0b\x0c\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008'
        ~ '\u2009\u200a\u2028\u2029\u202f\u205f\u3000' -%}
    {%- set invisible = '\xad\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060'
        ~ '\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufe0e\ufe0f\ufeff' -%}
    {%- set full_width, usual = [], [] -%}
    {%- for code in range(33, 127) -%}
        {%- do full_width.append('%c' % (code + 65248)) -%}
        {%- do usual.append('%c' % code) -%}
    {%- endfor -%}
    {#- translate drops the characters that have no counterpart -#}
    {%- set visible = "translate(" ~ text ~ ", '" ~ blanks ~ full_width | join ~ invisible ~ "', '"
        ~ ' ' * blanks | length ~ (usual | join).replace("'", "''") ~ "')" -%}
    {%- set marked = "replace(" ~ visible ~ ", ' ', ' ' || chr(1))" -%}
    trim(replace(replace({{ composed(marked) }}, chr(1) || ' ', ''), chr(1), ''))
{%- endmacro %}

{# The key of a name: names that differ in case, width, blanks or invisible characters are one. #}
{% macro folded(text) -%}
    lower({{ cleaned(text) }})
{%- endmacro %}
